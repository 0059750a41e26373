# SPDX-License-Identifier: Apache-2.0
"""Adds ops to the graph that is being imported: by name, folded where all inputs are constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lite import ops
from lite.errors import LiteError, ModelFormatError, UnsupportedOpError
from lite.ir import Graph, Op, Value
from lite.ir.contents import LONGEST, Contents
from lite.ir.dim import product, weight
from lite.ir.interpret import apply

MOST_ELEMENTS = 1 << 48
MOST_FOLDED = 1 << 16  # elements; what moves elements, or makes bytes of them, is folded at any size
_MOVES = frozenset(
    {
        "cast",
        "concat",
        "flatten",
        "gather",
        "identity",
        "quantize",
        "reshape",
        "slice",
        "split",
        "squeeze",
        "transpose",
        "unsqueeze",
    }
)
_NEVER_FOLDED = frozenset(  # too much work now, or (dequantize) integers are what is worth keeping
    {"adaptive_pool2d", "conv2d", "conv2d_transpose", "dequantize", "lrn", "pool2d"}
)


class Counted(NamedTuple):
    """An axis of a value whose first ``number`` rows hold something; number is a value of rank 0."""

    axis: int
    number: Value


class Emitter:
    """The graph being built, and what is known about the contents of its small tensors.

    Attributes
    ----------
    graph : Graph
    contents : Contents
    counted : dict of Value to Counted
        Values with as many rows as there may be, of which data says how many there are.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.contents = Contents()
        self.counted: dict[Value, Counted] = {}

    def emit(self, op: str, *inputs: Value | None, name: str = "", **attributes: Any) -> Value:
        """The only output of a new node.

        Parameters
        ----------
        op : str
            Name of one of our ops.
        *inputs : Value or None
        name : str
            Of the node, and the wish for its output's name.
        **attributes
            Of the op.

        Raises
        ------
        ShapeError
            If the op refuses the inputs.
        ModelFormatError
            If an extent of the output is negative or the output is too large.
        """
        return self.emit_all(op, inputs, name=name, **attributes)[0]

    def emit_all(
        self, op: str, inputs: Sequence[Value | None], *, name: str = "", **attributes: Any
    ) -> tuple[Value, ...]:
        """All outputs of a new node; the outputs are constants where that can be known."""
        return self.add(ops.get(op)(**attributes), inputs, name=name)

    def add(self, op: Op, inputs: Sequence[Value | None], *, name: str = "") -> tuple[Value, ...]:
        """``emit_all`` for an op that was made already."""
        folded = self._fold(op, inputs, name)
        if folded is not None:
            return folded
        outputs = self.graph.add(op, inputs, name=name, outputs=[name])
        for value in outputs:
            _check_size(value)
        return tuple(self._known(value) for value in outputs)

    def constant(self, array: Any, dtype: Any = None, name: str = "constant") -> Value:
        """A new constant."""
        return self.graph.constant(np.asarray(array, dtype), name)

    def finish(self, outputs: Sequence[tuple[str, Value]]) -> None:
        """Set the graph's outputs under their names and drop nodes that reach none of them.

        A graph input or constant that is an output, and a value that is several, get a node of their own.
        """
        graph = self.graph
        for name, value in outputs:
            if value.producer is None or any(value is output for output in graph.outputs):
                value = graph.add(ops.get("identity")(), [value], name=name)[0]
            graph.outputs.append(value)
        self._remove_dead()
        inputs = {value.name for value in graph.inputs}
        for (name, _), value in zip(outputs, graph.outputs):
            if name in inputs and value.name != name:
                raise ModelFormatError(f"{name!r} is the name of an input and of an output that a node makes")
            graph.claim_name(value, name)

    def _remove_dead(self) -> None:
        """One sweep: exporters leave thousands of nodes that computed shapes."""
        alive = []
        for node in reversed(self.graph.nodes):
            if any(value.uses or self.graph.is_output(value) for value in node.outputs):
                alive.append(node)
                continue
            for value in node.outputs:
                value.producer = None
            for position, read in enumerate(node.inputs):
                if read is not None:
                    read.uses.remove((node, position))
        self.graph.nodes = alive[::-1]

    def _fold(self, op: Op, inputs: Sequence[Value | None], name: str) -> tuple[Value, ...] | None:
        arrays = [None if value is None else value.array for value in inputs]
        if op.name in _NEVER_FOLDED or any(
            array is None and value is not None for array, value in zip(arrays, inputs)
        ):
            return None
        types = op.infer_all(tuple(None if value is None else value.type for value in inputs))
        counts = [type.count for type in types]
        moved = 2 * sum(array.size for array in arrays if array is not None)
        most = max(moved, MOST_FOLDED) if op.name in _MOVES else MOST_FOLDED
        if not all(isinstance(count, int) and 0 <= count <= most for count in counts):
            return None
        if op.name not in _MOVES and moved > 2 * MOST_FOLDED:
            return None
        results = _applied(op, arrays)
        if results is None or [result.dtype for result in results] != [type.dtype.numpy for type in types]:
            return None
        return tuple(self.graph.constant(result, name or op.name) for result in results)

    def _known(self, value: Value) -> Value:
        """The value, or a constant in its place if its content is known."""
        count = value.type.count
        if value.type.dtype.is_float or not isinstance(count, int) or not 0 < count <= MOST_FOLDED:
            return value
        array = self.contents.array(value)
        return value if array is None else self.graph.constant(array, value.name)


def _applied(op: Op, arrays: Sequence[np.ndarray | None]) -> tuple[np.ndarray, ...] | None:
    """The op run by its reference; None if it cannot be run on these numbers now."""
    with np.errstate(all="ignore"):
        try:
            return tuple(
                np.ascontiguousarray(result) if result.ndim else result for result in apply(op, tuple(arrays))
            )
        except (LiteError, ArithmeticError, LookupError, TypeError, ValueError):
            return None


def _check_size(value: Value) -> None:
    shape = value.type.shape
    if any(weight(extent) > LONGEST for extent in shape):
        raise UnsupportedOpError(
            "its shape is too long a formula over the extents of the inputs",
            hint="fix them with input_shapes (--input_shape name:1,3,224,224)",
        )
    count = product(tuple(extent for extent in shape if isinstance(extent, int)))
    if any(isinstance(extent, int) and extent < 0 for extent in shape) or count > MOST_ELEMENTS:
        raise ModelFormatError(f"the result would have shape {list(shape)}")
