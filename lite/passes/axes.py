# SPDX-License-Identifier: Apache-2.0
"""How ops run when the axes of their inputs lie in another order.

A permutation ``perm`` says how a tensor lies: axis i of what is stored is axis perm[i] of what is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lite.ir import Extent, Node, Op
from lite.ir.dim import product
from lite.ops._arg import ArgReduce
from lite.ops._binary import Binary
from lite.ops._reduce import Reduce
from lite.ops._unary import Unary
from lite.ops.expand import Expand
from lite.ops.gather import Gather
from lite.ops.layer_norm import LayerNorm
from lite.ops.pad import Pad
from lite.ops.slice import Slice
from lite.ops.tile import Tile

Perm = tuple[int, ...]
NHWC: Perm = (0, 2, 3, 1)

ELEMENTWISE = frozenset({  # neither Unary nor Binary
    "bit_cast", "cast", "identity", "logical_not", "prelu", "where"})  # fmt: skip
ALONG_AXIS = frozenset({"channel_shuffle", "concat", "cumsum", "instance_norm", "log_softmax", "lrn",
                        "softmax", "split", "top_k"})  # fmt: skip
BYTEWISE = frozenset({"dequantize", "lookup", "quantize"})  # elementwise on the first input


@dataclass(frozen=True)
class Moved:
    """An op for permuted inputs, and how its outputs lie."""

    op: Op
    perms: tuple[Perm, ...]


def identity(rank: int) -> Perm:
    return tuple(range(rank))


def permuted(items: Sequence[Any], perm: Perm) -> tuple[Any, ...]:
    """The items of the axes, in the order in which these lie."""
    return tuple(items[axis] for axis in perm)


def between(stored: Perm, wanted: Perm) -> Perm:
    """The transpose that turns what lies as ``stored`` into what lies as ``wanted``."""
    return tuple(stored.index(axis) for axis in wanted)


def keeps_order(stored: Perm, wanted: Perm, shape: Sequence[Extent]) -> bool:
    """Whether two permutations differ in the place of extents of 1 only: then a reshape does."""
    return ([axis for axis in stored if shape[axis] != 1] == [axis for axis in wanted if shape[axis] != 1])


def is_elementwise(op: Op) -> bool:
    return isinstance(op, (Unary, Binary)) or op.name in ELEMENTWISE


def guides(node: Node) -> tuple[int, ...]:
    """Positions of the inputs that all have to lie alike; none if the op's axes cannot be moved."""
    if is_elementwise(node.op):
        rank = node.output.type.rank
        return tuple(position for position, value in enumerate(node.inputs)
                     if value is not None and value.type.rank == rank)
    if node.op.name == "concat":
        return tuple(range(len(node.inputs)))
    if node.op.name == "fully_connected":
        return (0, 3) if node.input(3) is not None else (0,)
    known = isinstance(node.op, (Reduce, ArgReduce, Slice, Pad, Tile, Expand, LayerNorm, Gather))
    return (0,) if known or node.op.name in ALONG_AXIS | BYTEWISE else ()


def moved(node: Node, perm: Perm) -> Moved | None:
    """How a node runs if its guiding inputs lie as ``perm``; None if it cannot."""
    op = node.op
    if is_elementwise(op) or (op.name == "fully_connected" and perm[-1] == len(perm) - 1):
        return Moved(op, (perm,))
    if op.name in BYTEWISE:
        return Moved(_moved_scales(node, perm), (perm,))
    if op.name in ALONG_AXIS:
        if op.name == "instance_norm" and perm[0] != 0:
            return None
        axis = perm.index(op.attributes()["axis"])
        return Moved(op.replace(axis=axis), (perm,) * len(node.outputs))
    if isinstance(op, Slice):
        return Moved(_moved_slice(op, perm), (perm,))
    if isinstance(op, Pad):
        return Moved(op.replace(before=permuted(op.before, perm), after=permuted(op.after, perm)), (perm,))
    if isinstance(op, Tile):
        return Moved(op.replace(repeats=permuted(op.repeats, perm)), (perm,))
    if isinstance(op, Expand):
        same_rank = len(op.shape) == len(perm)
        return Moved(op.replace(shape=permuted(op.shape, perm)), (perm,)) if same_rank else None
    if isinstance(op, LayerNorm):
        return Moved(op, (perm,)) if perm[op.axis:] == identity(len(perm))[op.axis:] else None
    return _moved_folding(node, perm)


def _moved_scales(node: Node, perm: Perm) -> Op:
    """An op on bytes; quantize and dequantize may have a scale for each index of an axis."""
    scale = node.inputs[1]
    one = node.op.name == "lookup" or scale is None or scale.type.rank == 0
    return node.op if one else node.op.replace(axis=perm.index(node.op.attributes()["axis"]))


def _moved_slice(op: Slice, perm: Perm) -> Slice:
    rows = sorted((perm.index(axis), start, size, step)
                  for axis, start, size, step in zip(op.axes, op.starts, op.sizes, op.steps))
    axes, starts, sizes, steps = (tuple(column) for column in zip(*rows)) if rows else ((), (), (), ())
    return op.replace(axes=axes, starts=starts, sizes=sizes, steps=steps)


def _moved_folding(node: Node, perm: Perm) -> Moved | None:
    """Ops whose outputs have other axes than their inputs."""
    op = node.op
    if isinstance(op, Reduce):
        op, gone = op.replace(axes=tuple(sorted(perm.index(axis) for axis in op.axes))), op.axes
        return Moved(op, (perm if op.keepdims else without(perm, gone),))
    if isinstance(op, ArgReduce):
        op, axis = op.replace(axis=perm.index(op.axis)), op.axis
        return Moved(op, (perm if op.keepdims else without(perm, (axis,)),))
    if isinstance(op, Gather):
        indices = node.inputs[1]
        rank = indices.type.rank if indices is not None else 0
        return Moved(op.replace(axis=perm.index(op.axis)), (_gathered(perm, op.axis, rank),))
    return None


def without(perm: Perm, gone: Sequence[int]) -> Perm:
    """How the rest lies when some axes are gone."""
    kept = [axis for axis in range(len(perm)) if axis not in gone]
    return tuple(kept.index(axis) for axis in perm if axis not in gone)


def _gathered(perm: Perm, axis: int, rank: int) -> Perm:
    """How the output of a gather lies: ``rank`` axes stand in the place of one."""
    result: list[int] = []
    for source in perm:
        if source == axis:
            result += range(axis, axis + rank)
        else:
            result.append(source if source < axis else source + rank - 1)
    return tuple(result)


def regrouped(shape: Sequence[Extent], target: Sequence[Extent], perm: Perm) -> Perm | None:
    """How the result of a reshape lies if what is stored is reshaped as it lies; None if that mixes elements.

    Parameters
    ----------
    shape, target : extents
        Of the reshape's input and output, as they are meant.
    perm : Perm
        How the input lies.
    """
    groups = runs(shape, target)
    if groups is None:
        return None
    order: list[tuple[int, list[int]]] = []  # where a group lies, the axes of the target that it becomes
    behind = -1
    for sources, targets in groups:
        places = [perm.index(axis) for axis in sources if shape[axis] != 1]
        if places and not _in_a_row(places, perm, shape):
            return None
        behind = places[0] if places else behind  # axes of extent 1 stay behind the group before them
        order.append((behind, targets))
    order.sort(key=lambda row: row[0])
    return tuple(axis for _, targets in order for axis in targets)


def _in_a_row(places: list[int], perm: Perm, shape: Sequence[Extent]) -> bool:
    """Whether places ascend with nothing but extents of 1 between them."""
    between_them = set(range(places[0], places[-1] + 1)) - set(places)
    return places == sorted(places) and all(shape[perm[place]] == 1 for place in between_them)


def runs(shape: Sequence[Extent], target: Sequence[Extent]) -> list[tuple[list[int], list[int]]] | None:
    """The smallest runs of axes with equal products: each becomes its counterpart. None if there are none."""
    if any(extent == 0 for extent in (*shape, *target)):
        return None
    groups = []
    i = j = 0
    while i < len(shape) or j < len(target):
        ends = _next_cut(shape, target, i, j)
        if ends is None:
            return None
        groups.append((list(range(i, ends[0])), list(range(j, ends[1]))))
        i, j = ends
    return groups


def _next_cut(shape: Sequence[Extent], target: Sequence[Extent], i: int, j: int) -> tuple[int, int] | None:
    """Ends of the shortest runs from i and j on that have the same product."""
    steps = [(a, b) for a in range(len(shape) - i + 1) for b in range(len(target) - j + 1) if a + b > 0]
    for a, b in sorted(steps, key=lambda step: (max(step), sum(step))):
        if product(tuple(shape[i:i + a])) == product(tuple(target[j:j + b])):
            return i + a, j + b
    return None
