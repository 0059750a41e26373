# SPDX-License-Identifier: Apache-2.0
"""From a model to a Graph: the nodes that the outputs need, function calls taken apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lite.errors import FileError, InputError, LiteError, ModelFormatError, UnsupportedOpError
from lite.importers import Source
from lite.importers._emitter import MOST_ELEMENTS, Emitter
from lite.importers._report import INCONSISTENT, UnsupportedReport
from lite.importers.tensorflow import rules, tensors
from lite.importers.tensorflow.call import Call
from lite.importers.tensorflow.model import End, Model, read_model
from lite.importers.tensorflow.refs import CALLS, IFS, LOOPS, data_inputs, function_name, plain_name
from lite.importers.tensorflow.rules import lists
from lite.importers.tensorflow.scope import DEAD, Dead, Handle, Item, Scope, Sequenced
from lite.ir import Dim, DType, Extent, Graph, Symbol, TensorType, Value
from lite.ir.dim import product

MOST_NODES, MOST_CALLS = 1 << 17, 1 << 14  # functions and loops taken apart
_VARIABLES = frozenset({"VarHandleOp", "Variable", "VariableV2"})
_MERGES = frozenset({"Merge", "RefMerge"})
_FLOWS = CALLS | IFS | LOOPS
_READS = frozenset({"ReadVariableOp", "Identity"})


def load(
    source: Source,
    *,
    input_shapes: Mapping[str, Sequence[Extent]] | None = None,
    freeze_inputs: Mapping[str, np.ndarray] | None = None,
) -> Graph:
    """Import a frozen graph or a SavedModel.

    A SavedModel's inputs and outputs are those of its signature ``serving_default`` (or of its only one),
    under their names there, sorted. A frozen graph's are its placeholders and the nodes whose results nothing
    reads. 16-bit floats are computed in 32 bits; inputs and outputs keep their types.

    Parameters
    ----------
    source : path or bytes
        A .pb file or its bytes, or the folder of a SavedModel.
    input_shapes : mapping of input name to shape, optional
        In the place of what the model declares.
    freeze_inputs : mapping of input name to array, optional
        Inputs that become constants.

    Raises
    ------
    FileError, InputError, ModelFormatError, UnsupportedOpError
    """
    model = read_model(source)
    try:
        return Walk(model).run(dict(input_shapes or {}), dict(freeze_inputs or {}))
    except LiteError as error:
        if not (error.where or "").startswith(model.where):
            error.where = f"{model.where}: {error.where}" if error.where else model.where
        raise


class Walk:
    """Imports one model.

    Attributes
    ----------
    model : Model
    emitter : Emitter
        Holds the graph being built.
    report : UnsupportedReport
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.emitter = Emitter(Graph(model.name))
        self.report = UnsupportedReport(model.where)
        self._nodes_seen = self._calls_seen = 0
        self._variables: dict[str, Value] = {}

    def run(self, shapes: Mapping[str, Sequence[Extent]], frozen: Mapping[str, np.ndarray]) -> Graph:
        """The imported graph.

        Raises
        ------
        InputError, ModelFormatError, UnsupportedOpError
        """
        refs = [end.ref for end in self.model.outputs]
        ends = self._input_ends(refs)
        for option, given in (("input_shapes", shapes), ("freeze_inputs", frozen)):
            if not set(given) <= {end.name for end in ends}:
                names = sorted(set(given) - {end.name for end in ends})
                raise InputError(f"{option} names {names}, but the inputs are {[end.name for end in ends]}")
        inputs: dict[str, Item] = {}
        for end in ends:
            inputs[plain_name(end.ref)] = self._input(end, shapes.get(end.name), frozen.get(end.name))
        scope = Scope(self.model.nodes, inputs)
        self._run(scope, refs)
        self.report.raise_if_any()
        self.emitter.finish([(end.name, self._output(scope, end)) for end in self.model.outputs])
        if not self.emitter.graph.outputs:
            raise ModelFormatError("the model has no output")
        return self.emitter.graph

    # Ends -----------------------------------------------------------------------------------------

    def _input_ends(self, refs: Sequence[str]) -> list[End]:
        """The inputs of the signature, or the placeholders that the outputs need."""
        if self.model.inputs is not None:
            return list(self.model.inputs)
        scope, needed = Scope(self.model.nodes, {}), set()
        for node in scope.order(refs):
            scope.made[node.name] = ()
            needed |= {node.name} if node.op == "Placeholder" else set()
        return [End(name, name) for name in self.model.nodes if name in needed]

    def _input(self, end: End, shape: Sequence[Extent] | None, frozen: np.ndarray | None) -> Item:
        node = self.model.nodes.get(plain_name(end.ref))
        attributes = {entry.key: entry.value for entry in node.attr} if node is not None else {}
        number = end.dtype or (attributes["dtype"].type if "dtype" in attributes else 0)
        try:
            dtype = tensors.dtype_of(number)
            dtype = DType.F32 if dtype is DType.BF16 else dtype
            if frozen is not None:
                return self.emitter.constant(frozen, tensors.computed(dtype).numpy, end.name)
            declared = end.shape
            if declared is None and "shape" in attributes:
                declared = tensors.extents_of(attributes["shape"].shape)
            value = self.emitter.graph.add_input(
                end.name, TensorType(self._shape(end, declared, shape), dtype)
            )
        except UnsupportedOpError as error:
            self.report.add("(input)", end.name, error.message, error.hint or "")
            return None
        computed = tensors.computed(dtype)
        return value if computed is dtype else self.emitter.emit("cast", value, name=end.name, to=computed)

    def _shape(
        self, end: End, declared: Sequence[int] | None, given: Sequence[Extent] | None
    ) -> tuple[Extent, ...]:
        if given is None and declared is None:
            raise UnsupportedOpError(
                "its rank is unknown", hint=f"say its shape: --input_shape {end.name}:1,224,224,3"
            )
        if given is not None and declared is not None and len(given) != len(declared):
            raise InputError(
                f"input_shapes gives {end.name!r} the shape {list(given)}, but its rank is {len(declared)}"
            )
        wanted: Sequence[Extent] = given if given is not None else declared or ()
        shape = tuple(self._extent(end, axis, extent) for axis, extent in enumerate(wanted))
        fixed = tuple(extent for extent in shape if isinstance(extent, int))
        if any(extent < 0 for extent in fixed) or product(fixed) > MOST_ELEMENTS:
            raise ModelFormatError(f"input {end.name!r} has the shape {list(shape)}")
        for extent in shape:
            for symbol in sorted(extent.symbols()) if isinstance(extent, Dim) else ():
                self.emitter.graph.symbols.setdefault(symbol, Symbol(symbol))
        return shape

    def _extent(self, end: End, axis: int, extent: Extent) -> Extent:
        """-1 is an open extent; all inputs share that of their first axis, the batch."""
        if extent != -1:
            return extent
        word = re.sub(r"\W", "_", end.name, flags=re.ASCII)
        return Dim.symbol(
            "batch" if axis == 0 else f"d{word}_{axis}" if word[:1].isdigit() else f"{word}_{axis}"
        )

    def _output(self, scope: Scope, end: End) -> Value:
        item = scope.item(end.ref)
        if not isinstance(item, Value):
            raise ModelFormatError(f"output {end.name!r} is no tensor")
        if end.dtype and item.type.dtype is DType.F32 and tensors.dtype_of(end.dtype) is DType.F16:
            return self.emitter.emit("cast", item, name=end.name, to=DType.F16)
        return item

    # Nodes ----------------------------------------------------------------------------------------

    def _run(self, scope: Scope, refs: Sequence[str]) -> None:
        for node in scope.order(refs):
            self._nodes_seen += 1
            if self._nodes_seen > MOST_NODES:
                raise ModelFormatError(
                    f"the model has more than {MOST_NODES} nodes, its functions taken apart"
                )
            scope.made[node.name] = self._node(scope, node)

    def _node(self, scope: Scope, node: Any) -> Sequence[Item]:
        where = f"node {node.name!r} ({node.op})"
        try:
            return self._items(scope, node, [scope.item(ref) for ref in data_inputs(node)])
        except UnsupportedOpError as error:
            self.report.add(node.op, node.name, error.message, error.hint or "")
        except FileError:
            raise
        except LiteError as error:
            if (error.where or "").startswith("node "):
                raise
            inner = f"{error.where}: " if error.where else ""
            raise ModelFormatError(f"{inner}{error.message}", where=where, hint=error.hint) from error
        except INCONSISTENT as error:
            raise ModelFormatError(
                f"the node contradicts itself ({type(error).__name__}: {error})", where=where
            ) from error
        return (None,)

    def _items(self, scope: Scope, node: Any, inputs: list[Item]) -> Sequence[Item]:
        if node.op in _MERGES:
            return (next((item for item in inputs if not isinstance(item, Dead)), DEAD), None)
        if any(isinstance(item, Dead) for item in inputs):
            return (DEAD,) * max(len(inputs), 1)
        if node.op in _VARIABLES:
            return (Handle(node.name),)
        if inputs and isinstance(inputs[0], Handle) and node.op in _READS:
            return (self._variable(inputs[0]) if node.op == "ReadVariableOp" else inputs[0],)
        if inputs and isinstance(inputs[0], Sequenced) and node.op == "Identity":
            return (inputs[0],)
        if node.op in _FLOWS:
            return self._flow(scope, node, inputs)
        rule = rules.table().get(node.op)
        if rule is None:
            why, todo = rules.why_not(node.op)
            raise UnsupportedOpError(why, hint=todo)
        if any(item is None for item in inputs):
            return (None,)
        call = Call(self, scope, node, [self._as_value(item) for item in inputs])
        made = rule(call, inputs) if node.op in lists.RULES else rule(call)
        return (made,) if isinstance(made, (Value, Dead, Sequenced)) else tuple(made)

    def _as_value(self, item: Item) -> Value | None:
        return self._variable(item) if isinstance(item, Handle) else item if isinstance(item, Value) else None

    def _variable(self, handle: Handle) -> Value:
        if handle.name not in self._variables:
            array = self.model.variable(handle.name)
            self._variables[handle.name] = self.emitter.constant(array, name=handle.name)
        return self._variables[handle.name]

    # Functions ------------------------------------------------------------------------------------

    def _flow(self, scope: Scope, node: Any, inputs: list[Item]) -> Sequence[Item]:
        """Calls, branches that constants choose, loops that constants end."""
        if node.op in CALLS:
            return self._called(function_name(node, "f"), inputs, scope)
        if any(item is None for item in inputs):
            return (None,)
        if node.op in IFS:
            branch = "then_branch" if self._truth(inputs[0], rules.BRANCH) else "else_branch"
            return self._called(function_name(node, branch), inputs[1:], scope)
        state: Sequence[Item] = inputs
        while self._truth(self._called(function_name(node, "cond"), state, scope)[0], rules.LOOP):
            state = self._called(function_name(node, "body"), state, scope)
        return state

    def _truth(self, item: Item, otherwise: tuple[str, str]) -> bool:
        """A condition that must be known; the reason and the hint if it is not."""
        found = self.emitter.contents.array(item) if isinstance(item, Value) else None
        if found is None:
            raise UnsupportedOpError(otherwise[0], hint=otherwise[1])
        if found.size != 1:
            raise ModelFormatError(f"the condition has {found.size} elements, expected 1")
        return bool(found.reshape(-1)[0])

    def _called(self, name: str, inputs: Sequence[Item], scope: Scope) -> Sequence[Item]:
        """Import the body of a function in the place of its call."""
        self._calls_seen += 1
        if self._calls_seen > MOST_CALLS:
            raise ModelFormatError(f"its functions are called more than {MOST_CALLS} times")
        function = self.model.functions.get(name)
        if function is None:
            raise ModelFormatError(f"it calls the function {name!r}, which is not there")
        arguments = [argument.name for argument in function.signature.input_arg]
        if len(arguments) != len(inputs):
            raise ModelFormatError(f"{name!r} takes {len(arguments)} arguments, found {len(inputs)}")
        nodes = {inner.name: inner for inner in function.node_def}
        body = Scope(nodes, dict(zip(arguments, inputs)), scope.depth + 1)
        returns = {entry.key: entry.value for entry in function.ret}
        refs = [returns[argument.name] for argument in function.signature.output_arg]
        self._run(body, refs)
        return [body.item(ref) for ref in refs]
