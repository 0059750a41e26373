# SPDX-License-Identifier: Apache-2.0
"""channel_shuffle and slices that a model spells out in reshapes, transposes and gathers are recognised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lite.ir import Builder, Graph, Node, Value
from lite.ir.dim import product
from lite.ops.channel_shuffle import ChannelShuffle
from lite.ops.gather import Gather
from lite.ops.reshape import Reshape
from lite.ops.slice import Slice
from lite.ops.split import Split
from lite.ops.transpose import Transpose
from lite.passes.pattern import maker, other_readers
from lite.passes.rule import Rule, RulePass


class ShufflePieces(Rule[tuple[Value, ChannelShuffle]]):
    """[n, g * c, ...] -> [n, g, c, ...] -> [n, c, g, ...] -> [n, c * g, ...] is channel_shuffle."""

    name = "recognize_channel_shuffle"
    roots = ("reshape",)

    def pattern(self, root: Node) -> tuple[Value, ChannelShuffle] | None:
        swap = maker(root.input(0), "transpose")
        divide = maker(swap.input(0), "reshape") if swap is not None else None
        x = divide.input(0) if divide is not None else None
        if swap is None or divide is None or x is None or x.type != root.output.type:
            return None
        assert isinstance(swap.op, Transpose)
        axis = _swapped(swap.op.perm)
        divided, whole = divide.output.type.shape, x.type.shape
        if axis is None or divided[:axis] != whole[:axis] or len(whole) <= axis:
            return None
        groups = divided[axis]
        same_rest = product(divided[axis + 2:]) == product(whole[axis + 1:])
        if not isinstance(groups, int) or groups * divided[axis + 1] != whole[axis] or not same_rest:
            return None
        return x, ChannelShuffle(groups=groups, axis=axis)

    def rewrite(self, match: tuple[Value, ChannelShuffle], build: Builder) -> Value:
        x, op = match
        return build.add(op, x)


def _swapped(perm: tuple[int, ...]) -> int | None:
    """The axis that is swapped with the next one, if that is all a permutation does."""
    moved = [axis for axis, source in enumerate(perm) if axis != source]
    return moved[0] if len(moved) == 2 and moved[1] == moved[0] + 1 else None


@dataclass(frozen=True)
class Interleaved:
    """Every ``step``-th channel of x, from ``start`` on."""

    x: Value
    start: int
    step: int


class DeinterleavePieces(Rule[Interleaved]):
    """Every g-th channel by [n * c / g, g, h * w] -> [g, n * c / g, h * w] -> [g, n, c / g, h, w] -> [i]."""

    name = "recognize_deinterleave"
    roots = ("gather",)

    def pattern(self, root: Node) -> Interleaved | None:
        merge = maker(root.input(0), "reshape")
        swap = maker(merge.input(0), "transpose") if merge is not None else None
        divide = maker(swap.input(0), "reshape") if swap is not None else None
        x, run = divide.input(0) if divide is not None else None, find_run(root)
        if swap is None or divide is None or x is None or run is None:
            return None
        assert isinstance(swap.op, Transpose)
        if swap.op.perm != (1, 0, 2) or x.type.rank < 2 or run.size is not None or run.axis != 0:
            return None
        step, shape = divide.output.type.shape[1], x.type.shape
        if not isinstance(step, int) or root.output.type.shape != (shape[0], shape[1] // step, *shape[2:]):
            return None
        fits = divide.output.type.shape[2] == product(shape[2:]) and (shape[1] // step) * step == shape[1]
        return Interleaved(x, run.start, step) if fits else None

    def rewrite(self, match: Interleaved, build: Builder) -> Value:
        size = match.x.type.shape[1] // match.step
        return build.add(Slice((1,), (match.start,), (size,), (match.step,)), match.x)


@dataclass(frozen=True)
class Run:
    """The positions that a gather takes: start, start + step, ...; size None: one, and the axis goes."""

    axis: int
    start: int
    step: int
    size: int | None


def find_run(node: Node) -> Run | None:
    """The run of a gather with constant indices, if they are evenly spaced."""
    x, indices = node.inputs[:2]
    if not isinstance(node.op, Gather) or x is None or indices is None or indices.array is None:
        return None
    if node.input(2) is not None or indices.array.ndim > 1 or indices.array.size == 0:
        return None
    extent = x.type.shape[node.op.axis]
    positions = indices.array.reshape(-1).astype(np.int64)
    if np.any(positions < 0):
        if not isinstance(extent, int):
            return None
        positions = np.where(positions < 0, positions + extent, positions)
    steps = np.unique(np.diff(positions)) if positions.size > 1 else np.array([1])
    if len(steps) != 1 or steps[0] == 0:
        return None
    size = None if indices.array.ndim == 0 else int(positions.size)
    return Run(node.op.axis, int(positions[0]), int(steps[0]), size)


class GatherToSlice(Rule[tuple[Node, Run]]):
    """gather of evenly spaced constant positions -> slice."""

    name = "gather_to_slice"
    roots = ("gather",)

    def pattern(self, root: Node) -> tuple[Node, Run] | None:
        run = find_run(root)
        return (root, run) if run is not None else None

    def check(self, match: tuple[Node, Run], graph: Graph) -> str | None:
        root, run = match
        x = root.inputs[0]
        assert x is not None
        extent = x.type.shape[run.axis]
        last = run.start + ((run.size or 1) - 1) * run.step
        if min(run.start, last) < 0 or (isinstance(extent, int) and max(run.start, last) >= extent):
            return f"it reads outside of axis {run.axis}"
        return None

    def rewrite(self, match: tuple[Node, Run], build: Builder) -> Value:
        root, run = match
        op = Slice((run.axis,), (run.start,), (run.size or 1,), (run.step,))
        part = build.add(op, root.inputs[0])
        return part if run.size is not None else build.add(Reshape(root.output.type.shape), part)


class SplitShuffle(Rule[tuple[Node, Node]]):
    """split(channel_shuffle(x)) -> a channel_shuffle for each part: each may go where it is wanted."""

    name = "split_shuffle"
    roots = ("split",)

    def pattern(self, root: Node) -> tuple[Node, Node] | None:
        shuffle = maker(root.input(0), "channel_shuffle")
        if shuffle is None:
            return None
        split, op = root.op, shuffle.op
        assert isinstance(split, Split) and isinstance(op, ChannelShuffle)
        return (root, shuffle) if split.axis == op.axis and not op.begin and not op.size else None

    def check(self, match: tuple[Node, Node], graph: Graph) -> str | None:
        root, shuffle = match
        assert isinstance(root.op, Split) and isinstance(shuffle.op, ChannelShuffle)
        groups = shuffle.op.groups
        if not all(isinstance(size, int) and size > 0 and size % groups == 0 for size in root.op.sizes):
            return f"its parts are no whole groups of {groups}"
        return other_readers(shuffle.output, root, graph)

    def rewrite(self, match: tuple[Node, Node], build: Builder) -> tuple[Value, ...]:
        root, shuffle = match
        assert isinstance(root.op, Split)
        parts, begin = [], 0
        for size in map(int, root.op.sizes):
            parts.append(build.add(shuffle.op.replace(begin=begin, size=size), shuffle.input(0)))
            begin += size
        return tuple(parts)


class RecognizeMoves(RulePass):
    """Finds channel_shuffle and slices in their pieces, and makes no more of them than is wanted."""

    name = "recognize_moves"
    rules = (ShufflePieces(), DeinterleavePieces(), GatherToSlice(), SplitShuffle())
