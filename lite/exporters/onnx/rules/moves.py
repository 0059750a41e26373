# SPDX-License-Identifier: Apache-2.0
"""Ops that move elements."""

from __future__ import annotations

from collections.abc import Callable

from lite.exporters.onnx.emission import Emission
from lite.ir import Extent

BEFORE_ALL = -(1 << 62)  # where a slice ends that runs backwards through the first element


def _reshape(e: Emission) -> str:
    return e.reshape(e.writer.value(e.need(0)), e.node.output.type.shape, e.type().shape)


def _slice(e: Emission) -> str:
    op = e.op
    ends = [_end(start, size, step) for start, size, step in zip(op.starts, op.sizes, op.steps)]
    return e.emit("Slice", e.input(0), *map(e.extents, (op.starts, ends, op.axes, op.steps)))


def _end(start: Extent, size: Extent, step: int) -> Extent:
    end = start + size * step
    return BEFORE_ALL if isinstance(end, int) and end < 0 else end


def _split(e: Emission) -> list[str]:
    return e.emit_all("Split", len(e.op.sizes), e.input(0), e.extents(e.op.sizes), axis=e.op.axis)


def _pad(e: Emission) -> str:
    op = e.op
    value = e.like(op.value) if op.mode == "constant" else None
    return e.emit("Pad", e.input(0), e.extents((*op.before, *op.after)), value, mode=op.mode)


def _expand(e: Emission) -> str:
    return e.emit("Expand", e.input(0), e.extents(e.op.shape))


def _channel_shuffle(e: Emission) -> str:
    """Through one axis more, whose halves change places; then the run of channels that is wanted."""
    op, shape, axis = e.op, e.type().shape, e.op.axis
    grouped = (*shape[:axis], op.groups, shape[axis] // op.groups, *shape[axis + 1 :])
    perm = list(range(len(grouped)))
    perm[axis], perm[axis + 1] = axis + 1, axis
    swapped = e.emit("Transpose", e.reshape(e.writer.value(e.need(0)), grouped), perm=perm)
    whole = e.reshape(swapped, shape)
    size = e.node.output.type.shape[axis]
    if size == shape[axis]:
        return whole
    return e.emit("Slice", whole, *map(e.extents, ([op.begin], [size + op.begin], [axis], [1])))


def _axes(op: str) -> Callable[[Emission], str]:
    """Without axes, ONNX's Squeeze takes all there are."""
    def rule(e: Emission) -> str:
        return e.emit(op, e.input(0), e.extents(e.op.axes)) if e.op.axes else e.emit("Identity", e.input(0))

    return rule


def _concat(e: Emission) -> str:
    return e.emit("Concat", *e.inputs(), axis=e.op.axis)


RULES = {
    "channel_shuffle": _channel_shuffle,
    "concat": _concat,
    "expand": _expand,
    "flatten": _reshape,
    "pad": _pad,
    "reshape": _reshape,
    "slice": _slice,
    "split": _split,
    "squeeze": _axes("Squeeze"),
    "tile": lambda e: e.emit("Tile", e.input(0), e.extents(e.op.repeats)),
    "transpose": lambda e: e.emit("Transpose", e.input(0), perm=list(e.op.perm)),
    "unsqueeze": _axes("Unsqueeze"),
}
