# SPDX-License-Identifier: Apache-2.0
"""Axes that are as long as they may become, while data says how many of their rows hold something.

Shapes are formulas over the extents of inputs. Where a source format makes as many rows as it finds (the
boxes that stay, the elements that are not zero), we make as many as it may find; those that hold something
come first, and a value says how many they are. Ops that take each row by itself may follow; an output that
has such an axis gets another one beside it, NAME.count.AXIS, which ``lite.trimmed`` knows. What would mix the
rows is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Optional

from lite.errors import UnsupportedOpError
from lite.importers._emitter import Counted, Emitter
from lite.importers._moves import Maker
from lite.ir import DType, Node, Op, Value
from lite.ir.dim import product
from lite.ops._binary import Binary
from lite.ops._reduce import Reduce
from lite.ops._softmax import SoftmaxBase
from lite.ops._unary import Unary
from lite.ops.cast import Cast
from lite.ops.concat import Concat
from lite.ops.gather import Gather
from lite.ops.gather_elements import GatherElements
from lite.ops.identity import Identity
from lite.ops.reshape import Reshape
from lite.ops.slice import Slice
from lite.ops.split import Split
from lite.ops.squeeze import Squeeze
from lite.ops.transpose import Transpose
from lite.ops.unsqueeze import Unsqueeze
from lite.ops.where import Where

COUNT = ".count."


Found = dict[Value, Counted]


def kept_first(make: Maker, flags: Value) -> tuple[Value, Value]:
    """Where flags [n] are set, in order and then -1, as [n]; and how many are.

    Each flag that is set writes its place behind those before it; the others write behind the end.
    """
    extent = flags.type.shape[0]
    ones = make.emit("cast", flags, to=DType.S64)
    place = make.emit("cumsum", ones, axis=0, exclusive=True)
    behind = make.emit("where", flags, place, make.emit("range", start=extent, limit=extent + 1, delta=1))
    empty = make.emit("expand", make.constant(-1, DType.S64), shape=(extent + 1,))
    numbers = make.emit("range", start=0, limit=extent, delta=1)
    order = make.emit("scatter_elements", empty, behind, numbers, axis=0)
    order = make.emit("slice", order, axes=(0,), starts=(0,), sizes=(extent,), steps=(1,))
    return order, make.emit("reduce_sum", ones, axes=(0,), keepdims=False)


def with_counts(emitter: Emitter, outputs: Sequence[tuple[str, Value]]) -> list[tuple[str, Value]]:
    """The outputs of a graph, and behind them how many rows those hold that have an axis of that kind.

    Raises
    ------
    UnsupportedOpError
        If an op that an output needs would mix such rows.
    """
    found: Found = dict(emitter.counted)
    if not found:
        return list(outputs)
    needed = _needed([value for _, value in outputs])
    for node in emitter.graph.nodes:
        if node in needed and any(value in found for value in node.inputs if value is not None):
            found.update(_followed(emitter, node, found))
    counts = [(f"{name}{COUNT}{found[value].axis}", found[value].number)
              for name, value in outputs if value in found]
    return [*outputs, *counts]


def _needed(outputs: Sequence[Value]) -> set[Node]:
    waiting, needed = [value.producer for value in outputs], set[Node]()
    while waiting:
        node = waiting.pop()
        if node is not None and node not in needed:
            needed.add(node)
            waiting += [value.producer for value in node.inputs if value is not None]
    return needed


def _followed(emitter: Emitter, node: Node, found: Found) -> Found:
    """What is known of a node's outputs; nothing where they have been counted already."""
    if any(value in found for value in node.outputs):
        return {}
    follow = next((row for kind, row in _RULES if isinstance(node.op, kind)), None)
    counted = {position: found[value] for position, value in enumerate(node.inputs)
               if value is not None and value in found}
    answer = follow(emitter, node, counted) if follow is not None else None
    if answer is None:
        source = next(iter(counted.values())).number.name
        raise UnsupportedOpError(
            f"node {node.name!r} ({node.op.name}) would mix rows that data counts ({source})",
            hint="end the model before it, or fix the input that decides with freeze_inputs")
    return dict.fromkeys(node.outputs, answer)


Follow = Callable[[Emitter, Node, dict[int, Counted]], Optional[Counted]]


def _elementwise(emitter: Emitter, node: Node, counted: dict[int, Counted]) -> Counted | None:
    """Broadcasting: all that have rows must have the same ones, and nothing else may be as long."""
    rank, extents = node.output.type.rank, set[Counted]()
    for position, value in enumerate(node.inputs):
        if position in counted and value is not None:
            extents.add(Counted(counted[position].axis + rank - value.type.rank, counted[position].number))
    return extents.pop() if len(extents) == 1 else None


def _gather(emitter: Emitter, node: Node, counted: dict[int, Counted]) -> Counted | None:
    """Rows as indices stay rows; other axes than that of the rows may be looked up."""
    assert isinstance(node.op, Gather) and node.inputs[1] is not None
    axis = node.op.axis
    if 0 not in counted:
        return Counted(axis + counted[1].axis, counted[1].number)
    if 1 in counted or counted[0].axis == axis:
        return None
    moved = counted[0].axis + (node.inputs[1].type.rank - 1 if counted[0].axis > axis else 0)
    return Counted(moved, counted[0].number)


def _beside(emitter: Emitter, node: Node, counted: dict[int, Counted]) -> Counted | None:
    """Ops along another axis, which keep the rank."""
    axes = set(counted.values())
    along: int = node.op.attributes()["axis"]
    return axes.pop() if len(axes) == 1 and all(row.axis != along for row in axes) else None


def _gather_elements(emitter: Emitter, node: Node, counted: dict[int, Counted]) -> Counted | None:
    assert isinstance(node.op, GatherElements)
    return counted[1] if set(counted) == {1} else _beside(emitter, node, counted)


def _slice(emitter: Emitter, node: Node, counted: dict[int, Counted]) -> Counted | None:
    """The first rows are fewer at most; other axes do not matter."""
    assert isinstance(node.op, Slice)
    (axis, count), op = counted[0], node.op
    if axis not in op.axes:
        return counted[0]
    at = op.axes.index(axis)
    size = op.sizes[at]
    if op.starts[at] != 0 or op.steps[at] != 1 or not isinstance(size, int):
        return None
    return Counted(axis, emitter.emit("min", count, emitter.constant(size, count.type.dtype.numpy)))


def _squeeze(emitter: Emitter, node: Node, counted: dict[int, Counted]) -> Counted | None:
    assert isinstance(node.op, Squeeze)
    axis, count = counted[0]
    if axis in node.op.axes:
        return None
    return Counted(axis - sum(gone < axis for gone in node.op.axes), count)


def _unsqueeze(emitter: Emitter, node: Node, counted: dict[int, Counted]) -> Counted:
    assert isinstance(node.op, Unsqueeze)
    kept = [axis for axis in range(node.output.type.rank) if axis not in node.op.axes]
    return Counted(kept[counted[0].axis], counted[0].number)


def _transpose(emitter: Emitter, node: Node, counted: dict[int, Counted]) -> Counted:
    assert isinstance(node.op, Transpose)
    return Counted(node.op.perm.index(counted[0].axis), counted[0].number)


def _reduce(emitter: Emitter, node: Node, counted: dict[int, Counted]) -> Counted | None:
    assert isinstance(node.op, Reduce)
    axis, count = counted[0]
    if axis in node.op.axes or not node.op.axes:
        return None
    return Counted(axis - (0 if node.op.keepdims else sum(gone < axis for gone in node.op.axes)), count)


def _reshape(emitter: Emitter, node: Node, counted: dict[int, Counted]) -> Counted | None:
    """An axis stays where as much lies before it as did."""
    value = node.inputs[0]
    assert value is not None
    (axis, count), shape, new = counted[0], value.type.shape, node.output.type.shape
    before = product(shape[:axis])
    kept = [at for at, extent in enumerate(new) if extent == shape[axis] and product(new[:at]) == before]
    return Counted(kept[0], count) if kept else None


_RULES: tuple[tuple[tuple[type[Op], ...], Follow], ...] = (
    ((Unary, Binary, Cast, Identity, Where), _elementwise), ((Gather,), _gather),
    ((GatherElements,), _gather_elements), ((Concat, Split, SoftmaxBase), _beside), ((Slice,), _slice),
    ((Squeeze,), _squeeze), ((Unsqueeze,), _unsqueeze), ((Transpose,), _transpose), ((Reduce,), _reduce),
    ((Reshape,), _reshape),
)  # fmt: skip
