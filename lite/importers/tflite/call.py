# SPDX-License-Identifier: Apache-2.0
"""Call: one TFLite operator as a rule sees it - inputs, options - and how the rule answers.

Rules work on reals: an input that is quantized is read through dequantize, and what a rule gives for an
output that is quantized goes through quantize. The passes make integer ops of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._call import KnownInputs
from lite.importers.proto import flat
from lite.importers.tflite.model import Operator, Tensor
from lite.ir import Value
from lite.ir.quant import dequantize

if TYPE_CHECKING:
    from lite.importers.tflite.walk import Walk

ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6")  # by the file's number; LiteRT passes over others
NHWC_RANK = 4


class Call(KnownInputs):
    """An operator being imported.

    Attributes
    ----------
    operator : Operator
    options : Record
        As in tflite.fbs, defaults where the file says nothing; None of ops without options.
    name : str
        Of the first tensor that it writes, or its op's.
    """

    shape_shown = "1,224,224,3"

    def __init__(self, walk: Walk, operator: Operator) -> None:
        name = walk.tensor(operator.outputs[0]).name if operator.outputs else operator.op
        super().__init__(walk.emitter, name)
        self.walk = walk
        self.operator = operator
        self.options: Any = operator.options

    @property
    def count(self) -> int:
        """How many inputs the file lists."""
        return len(self.operator.inputs)

    def has(self, position: int) -> bool:
        return position < self.count and self.operator.inputs[position] >= 0

    def tensor(self, position: int) -> Tensor:
        """What the file says about an input that must be there."""
        if not self.has(position):
            raise ModelFormatError(f"input {position} is missing: it has {self.count}")
        return self.walk.tensor(self.operator.inputs[position])

    def output(self, position: int = 0) -> Tensor:
        """What the file says about an output."""
        if position >= len(self.operator.outputs):
            raise ModelFormatError(f"output {position} is missing: it has {len(self.operator.outputs)}")
        return self.walk.tensor(self.operator.outputs[position])

    def stored(self, position: int) -> Value:
        """An input as the file has it: integers if it is quantized."""
        return self.walk.stored(self.tensor(position))

    def need(self, position: int) -> Value:
        """An input that must be there, as reals if it is quantized."""
        return self.walk.real(self.tensor(position))

    def input(self, position: int) -> Value | None:
        """An input, or None if it is left out."""
        return self.need(position) if self.has(position) else None

    def inputs(self, first: int = 0) -> list[Value]:
        """All inputs from one on."""
        return [self.need(position) for position in range(first, self.count)]

    def moved(self, position: int) -> Value:
        """An input of an op that moves elements: integers where those of the output mean the same."""
        return self.all_moved((position,))[0]

    def all_moved(self, positions: Iterable[int]) -> list[Value]:
        """Inputs whose elements the op moves to its output."""
        tensors = [self.tensor(position) for position in positions]
        as_output = self.output().quantized
        same = all(as_output is None if tensor.quantized is None else tensor.quantized.same(as_output)
                   and tensor.dtype is self.output().dtype for tensor in tensors)
        return [self.walk.stored(tensor) if same else self.walk.real(tensor) for tensor in tensors]

    def image(self, position: int) -> Value:
        """An input that must have rank 4, as reals."""
        return self._of_rank_4(self.need(position), position)

    def moved_image(self, position: int) -> Value:
        """``moved`` of an input that must have rank 4."""
        return self._of_rank_4(self.moved(position), position)

    def _of_rank_4(self, x: Value, position: int) -> Value:
        if x.type.rank != NHWC_RANK:
            raise UnsupportedOpError(
                f"input {position} is {x.type}, expected [batch, height, width, channels]"
            )
        return x

    def array(self, position: int) -> np.ndarray | None:
        """Content of an input if it is known at import, else None."""
        return self.emitter.contents.array(self.stored(position)) if self.has(position) else None

    def is_state(self, position: int) -> bool:
        """Whether an input is a variable, which is 0 when a run begins.

        Raises
        ------
        UnsupportedOpError
            In a loop or a branch, whose variables are kept from round to round.
        """
        found = self.tensor(position)
        if found.record.is_variable and self.walk.is_body:
            raise UnsupportedOpError(f"it keeps {found.name!r} from round to round",
                                     hint="make the state a value that goes round")
        return bool(found.record.is_variable)

    def real_number(self, position: int, what: str) -> float:
        """Content of an input that is one number, which integers may stand for."""
        number, tensor = self.number(position, what), self.tensor(position)
        if tensor.quantized is None:
            return float(number)
        how = tensor.quantized
        return float(dequantize(np.asarray(number), float(how.scales[0]), int(how.zero_points[0])))

    def options_like(self, table: str, **fields: int) -> Any:
        """Options of another op."""
        options = flat.schema("tflite").empty(table)
        vars(options).update(fields)
        return options

    def activated(self, y: Value) -> Value:
        """A value behind the activation that the op's options name."""
        number = int(self.options.fused_activation_function)
        if not 0 <= number < len(ACTIVATIONS):
            raise UnsupportedOpError(f"the activation number {number} is not supported",
                                     hint=f"known are {', '.join(ACTIVATIONS)}")
        return _ACTIVATE[ACTIVATIONS[number]](self, y)


_ACTIVATE: dict[str, Callable[[Call, Value], Value]] = {
    "NONE": lambda call, y: y,
    "RELU": lambda call, y: call.emit("relu", y),
    "RELU_N1_TO_1": lambda call, y: call.emit("clip", y, lo=-1.0, hi=1.0),
    "RELU6": lambda call, y: call.emit("relu6", y),
}  # fmt: skip
