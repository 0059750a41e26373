# SPDX-License-Identifier: Apache-2.0
"""The walk over a TFLite subgraph: inputs, then operators by rule, then outputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from lite.errors import InputError, LiteError, ModelFormatError, UnsupportedOpError
from lite.importers import Source
from lite.importers._emitter import Emitter
from lite.importers._report import INCONSISTENT, UnsupportedReport
from lite.importers._scales import checked_scales, checked_zero_point
from lite.importers.tflite import rules
from lite.importers.tflite.atrous import with_dilation
from lite.importers.tflite.call import Call
from lite.importers.tflite.model import Model, Operator, Quantized, Tensor
from lite.importers.tflite.tensors import read_array
from lite.ir import Dim, DType, Extent, Graph, Symbol, TensorType, Value

MOST_OPERATORS = 1 << 14  # that the loops and branches of a model may become
QUANTIZED = (DType.S8, DType.U8, DType.S16)  # integers with a scale that stand for reals wherever they occur


def import_model(
    source: Source, input_shapes: Mapping[str, Sequence[Extent]], freeze_inputs: Mapping[str, np.ndarray]
) -> Graph:
    """See ``lite.importers.tflite.load``."""
    model = None
    try:
        model = Model(source)
        return Walk(model, input_shapes, freeze_inputs).run()
    except LiteError as error:
        error.where = error.where or (model.where if model is not None else _where(source))
        raise
    except INCONSISTENT as error:
        where = model.where if model is not None else _where(source)
        raise ModelFormatError(f"the model contradicts itself ({_told(error)})", where=where) from error


def _where(source: Source) -> str:
    from lite.importers import describe

    return describe(source)


class Walk:
    """Imports one model.

    Attributes
    ----------
    model : Model
    emitter : Emitter
        Holds the graph being built.
    report : UnsupportedReport
    is_body : bool
        Whether it imports what a loop or a branch runs.
    """

    def __init__(self, model: Model, input_shapes: Mapping[str, Sequence[Extent]],
                 freeze_inputs: Mapping[str, np.ndarray]) -> None:
        self.model = model
        self.emitter = Emitter(Graph(model.name, rounding="twice"))
        self.report = UnsupportedReport(model.where)
        self._shapes = {name: tuple(shape) for name, shape in input_shapes.items()}
        self._frozen = {name: np.asarray(array) for name, array in freeze_inputs.items()}
        self._stored: dict[int, Value] = {}  # by tensor: integers where these stand for reals
        self._reals: dict[int, Value] = {}
        self._broken: set[int] = set()  # tensors that an op in the report would have written
        self._written: dict[int, int] = {}  # by tensor: the operator that writes it
        self._outer: Walk | None = None
        self._bodies: dict[int, Walk] = {}  # by subgraph
        self._unrolled = 0  # operators that loops and branches became, those inside of them among them

    @property
    def is_body(self) -> bool:
        return self._outer is not None

    def run(self) -> Graph:
        """The imported graph.

        Raises
        ------
        ModelFormatError, UnsupportedOpError, InputError
        """
        self._check_options()
        self._check_writers()
        for index in self.model.inputs:
            self._input(self.tensor(index))
        for operator in with_dilation(self.model):
            self._run(operator)
        outputs = [(self.tensor(index).name, self._output(index)) for index in self.model.outputs
                   if index not in self._broken]
        self.report.raise_if_any()
        if not outputs:
            raise ModelFormatError("the model has no output")
        self.emitter.finish(outputs)
        return self.emitter.graph

    def tensor(self, index: int) -> Tensor:
        return self.model.tensors[index]

    # Loops and branches ---------------------------------------------------------------------------

    def body(self, number: int) -> Walk:
        """The walk over another subgraph, which adds to the same graph.

        Raises
        ------
        ModelFormatError
            If there is none, or it would run itself.
        """
        if number not in self._bodies:
            body = Walk(self.model.subgraph(number), {}, {})
            body.emitter, body.report, body._outer = self.emitter, self.report, self
            body._check_ancestors()
            body._check_writers()
            self._bodies[number] = body
        return self._bodies[number]

    def run_body(self, given: Sequence[Value]) -> list[Value]:
        """What a subgraph makes of its inputs, once more; its constants are those of earlier rounds.

        Parameters
        ----------
        given : sequence of Value
            As the subgraph has its inputs: integers where it has such.

        Raises
        ------
        ModelFormatError, UnsupportedOpError
        """
        self._count(max(len(self.model.operators), 1))
        for known in (self._stored, self._reals):
            for index in [index for index in known if self.tensor(index).content is None]:
                del known[index]
        self._give(given)
        for operator in with_dilation(self.model):
            self._run(operator)
        if self._broken:
            raise UnsupportedOpError(f"its {self.model.where} holds what is not supported",
                                     hint="see the other rows")
        return [self._output(index) for index in self.model.outputs]

    def _check_ancestors(self) -> None:
        outer = self._outer
        while outer is not None:
            if outer.model.number == self.model.number:
                raise ModelFormatError(f"subgraph {self.model.number} runs itself")
            outer = outer._outer

    def _count(self, operators: int) -> None:
        """Of the whole model: then loops in loops end, too."""
        top = self
        while top._outer is not None:
            top = top._outer
        top._unrolled += operators
        if top._unrolled > MOST_OPERATORS:
            raise UnsupportedOpError(
                f"unrolled, the loops and branches would be more than {MOST_OPERATORS} operators",
                hint="convert the model with fewer rounds, or with the body alone")

    def _give(self, given: Sequence[Value]) -> None:
        inputs = self.model.inputs
        if len(given) != len(inputs):
            raise ModelFormatError(f"{self.model.where} has {len(inputs)} inputs, but is given {len(given)}")
        for tensor, value in zip(map(self.tensor, inputs), given):
            found = value.type.dtype
            if found is not tensor.dtype and (found, tensor.dtype) != (DType.F32, DType.F16):
                raise ModelFormatError(f"{self.model.where} has the input {tensor.name!r} of {tensor.word}, "
                                       f"but is given {value.type}")
            self._stored[tensor.index] = value

    # Inputs and outputs ---------------------------------------------------------------------------

    def _check_options(self) -> None:
        names = [self.tensor(index).name for index in self.model.inputs]
        for option, given in (("input_shapes", self._shapes), ("freeze_inputs", self._frozen)):
            unknown = sorted(set(given) - set(names))
            if unknown:
                raise InputError(f"{option} names {unknown}, but the inputs are {names}")

    def _check_writers(self) -> None:
        """Each tensor is written once, before it is read: then no cycle can be."""
        fixed = {index: "an input of the model" for index in self.model.inputs}
        fixed |= {tensor.index: "a constant" for tensor in self.model.tensors if tensor.content is not None}
        if len(set(self.model.inputs)) != len(self.model.inputs):
            raise ModelFormatError(f"the inputs are tensors {list(self.model.inputs)}: one is named twice")
        for operator in self.model.operators:
            for index in operator.outputs:
                before = fixed.get(index)
                if before is None and index in self._written:
                    before = f"written by operator {self._written[index]} already"
                if before is not None:
                    raise ModelFormatError(
                        f"it writes tensor {index} ({self.tensor(index).name!r}), which is {before}",
                        where=self._place(operator))
                self._written[index] = operator.index

    def _input(self, tensor: Tensor) -> None:
        if tensor.content is not None:
            raise ModelFormatError(f"input tensor {tensor.index} ({tensor.name!r}) is a constant, too")
        if tensor.name in self._frozen:
            array = np.asarray(self._frozen[tensor.name], tensor.dtype.numpy)
            self._stored[tensor.index] = self.emitter.constant(array, name=tensor.name)
            return
        try:
            dtype = tensor.dtype
        except UnsupportedOpError as error:
            self.report.add("(input)", tensor.name, error.message, error.hint or "")
            self._broken.add(tensor.index)
            return
        shape = self._shape(tensor)
        self._stored[tensor.index] = self.emitter.graph.add_input(tensor.name, TensorType(shape, dtype))

    def _shape(self, tensor: Tensor) -> tuple[Extent, ...]:
        given = self._shapes.get(tensor.name)
        if given is None:
            shape = tuple(self._declared(tensor, axis, extent) for axis, extent in enumerate(tensor.shape))
        else:
            shape = given
            negative = any(isinstance(extent, int) and extent < 0 for extent in given)
            if negative or len(given) != len(tensor.shape):
                raise InputError(f"input_shapes gives {tensor.name!r} the shape {list(given)}, but the model "
                                 f"declares {list(tensor.shape)}")
        for extent in shape:
            for name in sorted(extent.symbols()) if isinstance(extent, Dim) else ():
                self.emitter.graph.symbols.setdefault(name, Symbol(name))
        return shape

    def _declared(self, tensor: Tensor, axis: int, extent: int) -> Extent:
        """-1 becomes a symbol, which all inputs share for their first axis, the batch."""
        if extent >= 0:
            return extent
        word = re.sub(r"\W+", "_", tensor.name, flags=re.ASCII).strip("_") or f"input_{tensor.index}"
        word = f"d{word}" if word[:1].isdigit() else word
        return Dim.symbol("batch" if axis == 0 else f"{word}_{axis}")

    def _output(self, index: int) -> Value:
        return self.stored(self.tensor(index))

    # Operators ------------------------------------------------------------------------------------

    def _place(self, operator: Operator) -> str:
        name = self.tensor(operator.outputs[0]).name if operator.outputs else ""
        return f"{self.model.where}: operator {operator.index} ({operator.op}, {name!r})"

    def _run(self, operator: Operator) -> None:
        if self._broken.intersection(operator.inputs):
            self._broken.update(operator.outputs)
            return
        try:
            self._bind(operator, rules.find(operator.op)(Call(self, operator)))
        except UnsupportedOpError as error:
            name = self.tensor(operator.outputs[0]).name if operator.outputs else f"operator {operator.index}"
            self.report.add(operator.op, name, error.message, error.hint or "")
            self._broken.update(operator.outputs)
        except LiteError as error:
            inner = f"{error.where}: " if error.where else ""
            where = self._place(operator)
            raise ModelFormatError(f"{inner}{error.message}", where=where, hint=error.hint) from error
        except INCONSISTENT as error:
            raise ModelFormatError(
                f"the operator contradicts itself ({_told(error)})", where=self._place(operator)
            ) from error

    def _bind(self, operator: Operator, answer: Value | Sequence[Value]) -> None:
        """Let the tensors that an operator writes hold what its rule gave."""
        values = [answer] if isinstance(answer, Value) else list(answer)
        if len(values) < len(operator.outputs):
            outputs = len(operator.outputs)
            raise ModelFormatError(f"it writes {outputs} tensors, expected {len(values)} at most")
        for index, value in zip(operator.outputs, values):
            self._stored[index] = self._as_declared(self.tensor(index), value)

    def _as_declared(self, tensor: Tensor, value: Value) -> Value:
        """A result in the element type of its tensor, quantized if that is."""
        dtype, found = tensor.dtype, value.type.dtype
        if tensor.quantized is not None and dtype in QUANTIZED and found is DType.F32:
            return self._quantized(tensor, tensor.quantized, value)
        if found is dtype:
            return value
        if found.is_float == dtype.is_float and DType.BOOL not in (found, dtype):
            if dtype is DType.F16:
                return value  # computed as f32, whatever the file says
            return self.emitter.emit("cast", value, name=tensor.name, to=dtype)
        raise ModelFormatError(f"it writes tensor {tensor.index} ({tensor.name!r}) of {tensor.word}, "
                               f"but its result is of {found.value}")

    def _quantized(self, tensor: Tensor, how: Quantized, value: Value) -> Value:
        scales, zero_point, axis = self._scaling(tensor, how, value.type.shape)
        return self.emitter.emit("quantize", value, scales, name=tensor.name, zero_point=zero_point,
                                 axis=axis, dtype=tensor.dtype)

    def _scaling(self, tensor: Tensor, how: Quantized, shape: tuple[Extent, ...]) -> tuple[Value, int, int]:
        """Scales as a constant, zero point and axis, checked."""
        what = f"the scale of tensor {tensor.index} ({tensor.name!r})"
        scales = checked_scales(how.scales, shape, how.axis, what)
        zero_point = checked_zero_point(how.zero_points, tensor.dtype, how.scales.size)
        return (self.emitter.constant(scales, name=f"{tensor.name}.scale"), zero_point,
                how.axis if scales.ndim else 0)

    # Tensors --------------------------------------------------------------------------------------

    def stored(self, tensor: Tensor) -> Value:
        """A tensor as the file has it: integers if it is quantized."""
        if tensor.index not in self._stored:
            if tensor.content is None:
                raise self._missing(tensor)
            self._stored[tensor.index] = self.emitter.constant(read_array(tensor), name=tensor.name)
        return self._stored[tensor.index]

    def _missing(self, tensor: Tensor) -> ModelFormatError:
        writer = self._written.get(tensor.index)
        if tensor.record.is_variable:
            raise UnsupportedOpError(f"it reads the variable {tensor.name!r}, which is kept from run to run",
                                     hint="make the state an input and an output of the model")
        what = "nothing writes" if writer is None else f"operator {writer}, which runs later, writes"
        return ModelFormatError(f"tensor {tensor.index} ({tensor.name!r}) is read, but {what} it",
                                hint="operators stand in running order, and there are no cycles")

    def real(self, tensor: Tensor) -> Value:
        """A tensor as reals, if its integers stand for such, else as it is stored."""
        stored = self.stored(tensor)
        if stored.type.dtype is DType.F16:
            return self._real_of_half(tensor, stored)
        if tensor.quantized is None or stored.type.dtype not in QUANTIZED:
            return stored
        if tensor.index not in self._reals:
            scales, zero_point, axis = self._scaling(tensor, tensor.quantized, stored.type.shape)
            self._reals[tensor.index] = self.emitter.emit(
                "dequantize", stored, scales, name=f"{tensor.name}.real", zero_point=zero_point, axis=axis)
        return self._reals[tensor.index]

    def rounded(self, tensor: Tensor, value: Value) -> Value:
        """Reals as a tensor would hold them that is not written: rounded, if it is quantized."""
        if tensor.quantized is None or tensor.dtype not in QUANTIZED:
            return value
        stored = self._quantized(tensor, tensor.quantized, value)
        scales, zero_point, axis = self._scaling(tensor, tensor.quantized, value.type.shape)
        return self.emitter.emit("dequantize", stored, scales, name=f"{tensor.name}.real",
                                 zero_point=zero_point, axis=axis)

    def _real_of_half(self, tensor: Tensor, stored: Value) -> Value:
        """Floats of 16 bits are computed as those of 32."""
        if tensor.index not in self._reals:
            self._reals[tensor.index] = self.emitter.emit("cast", stored, name=tensor.name, to=DType.F32)
        return self._reals[tensor.index]


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
