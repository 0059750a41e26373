# SPDX-License-Identifier: Apache-2.0
"""Caffe's layers that move elements: joining, cutting, reshaping, shuffling."""

from __future__ import annotations

from collections.abc import Sequence

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axes_of, axis_of, new_shape
from lite.importers.caffe.call import Call
from lite.ir import Value
from lite.ir.dim import product


def _axis(call: Call, kind: str, old: str) -> int:
    """An axis that older networks state under another name."""
    told = call.param(kind)
    return int(getattr(told, old) if told.HasField(old) else told.axis)


def _concat(call: Call) -> Value:
    x = call.bottom(0)
    axis = axis_of(_axis(call, "concat", "concat_dim"), x.type.rank)
    return x if len(call.bottoms) == 1 else call.emit("concat", *call.bottoms, axis=axis)


def _slice(call: Call) -> Sequence[Value]:
    x, points = call.bottom(0), list(call.param("slice").slice_point)
    axis, count = axis_of(_axis(call, "slice", "slice_dim"), x.type.rank), len(call.layer.tops)
    extent = call.known(x.type.shape[axis], "extent along the axis")
    if not points and count and extent % count == 0:
        points = [extent // count * part for part in range(1, count)]
    edges = [0, *points, extent]
    sizes = [after - before for before, after in zip(edges, edges[1:])]
    if len(sizes) != count or min(sizes) < 1:
        raise ModelFormatError(
            f"{extent} elements of axis {axis} cannot be cut at {points} into {count} parts, one for each top"
        )
    return [x] if count == 1 else call.emit_all("split", x, axis=axis, sizes=tuple(sizes))


def _split(call: Call) -> Sequence[Value]:
    return [call.bottom(0)] * len(call.layer.tops)


def _silence(call: Call) -> Sequence[Value]:
    return []


def _crop(call: Call) -> Value:
    """The first blob cut to the extents of the second from an axis on, beginning at the offsets."""
    x, like, told = call.bottom(0), call.bottom(1), call.param("crop")
    rank = x.type.rank
    axis = axis_of(told.axis, rank)
    axes = range(axis, rank)
    offsets = list(told.offset) or [0]
    offsets = offsets * len(axes) if len(offsets) == 1 else offsets
    if like.type.rank != rank or len(offsets) != len(axes):
        raise ModelFormatError(
            f"{x.type} is cut to the size of {like.type} at {offsets}, expected equal ranks and one offset "
            f"for each axis from {axis} on"
        )
    for at, offset in zip(axes, offsets):
        room = x.type.shape[at] - like.type.shape[at] - offset
        if isinstance(room, int) and room < 0:
            raise ModelFormatError(
                f"{x.type} is cut to the size of {like.type} at {offsets}, which is not inside"
            )
    return call.emit(
        "slice",
        x,
        axes=tuple(axes),
        starts=tuple(offsets),
        sizes=like.type.shape[axis:],
        steps=(1,) * len(axes),
    )


def _reshape(call: Call) -> Value:
    """New extents for the axes from ``axis`` on: 0 copies, one -1 is computed."""
    x, told = call.bottom(0), call.param("reshape")
    rank = x.type.rank
    first = told.axis if told.axis >= 0 else rank + 1 + told.axis
    last = rank if told.num_axes == -1 else first + told.num_axes
    if not 0 <= first <= last <= rank:
        raise ModelFormatError(f"axis {told.axis} and num_axes {told.num_axes} do not fit {x.type}")
    inner = new_shape(tuple(told.shape.dim), x.type.shape[first:last])
    shape = (*x.type.shape[:first], *inner, *x.type.shape[last:])
    return call.emit("reshape", x, shape=shape)


def _flatten(call: Call) -> Value:
    x, told = call.bottom(0), call.param("flatten")
    first, last = axis_of(told.axis, x.type.rank), axis_of(told.end_axis, x.type.rank)
    if first > last:
        raise ModelFormatError(f"axis {told.axis} lies behind end_axis {told.end_axis} of {x.type}")
    shape = x.type.shape
    return call.emit(
        "reshape", x, shape=(*shape[:first], product(shape[first : last + 1]), *shape[last + 1 :])
    )


def _permute(call: Call) -> Value:
    """Axes in a new order; those that it does not name follow in theirs."""
    x = call.bottom(0)
    named = axes_of(call.param("permute").order, x.type.rank)
    rest = [axis for axis in range(x.type.rank) if axis not in named]
    return call.emit("transpose", x, perm=(*named, *rest))


def _tile(call: Call) -> Value:
    x, told = call.bottom(0), call.param("tile")
    axis = axis_of(told.axis, x.type.rank)
    if told.tiles < 1:
        raise ModelFormatError(f"tiles is {told.tiles}, expected at least 1")
    return call.emit("tile", x, repeats=tuple(told.tiles if at == axis else 1 for at in range(x.type.rank)))


def _shuffle_channel(call: Call) -> Value:
    return call.emit("channel_shuffle", call.image(), groups=call.param("shuffle_channel").group, axis=1)


def _reorg(call: Call) -> Value:
    """Blocks of pixels become channels: those of one place in the block lie side by side."""
    x, told = call.image(), call.param("reorg")
    if told.reverse:
        raise UnsupportedOpError("reverse is not supported")
    batch, channels, height, width = x.type.shape
    block = told.stride
    if block < 1 or any(isinstance(extent, int) and extent % block for extent in (height, width)):
        raise ModelFormatError(f"{height} x {width} pixels do not divide into blocks of {block} x {block}")
    parts = call.emit("reshape", x, shape=(batch, channels, height // block, block, width // block, block))
    moved = call.emit("transpose", parts, perm=(0, 3, 5, 1, 2, 4))
    return call.emit(
        "reshape", moved, shape=(batch, channels * block * block, height // block, width // block)
    )


RULES = {
    "Concat": _concat, "Crop": _crop, "Flatten": _flatten, "Permute": _permute, "Reorg": _reorg,
    "Reshape": _reshape, "ShuffleChannel": _shuffle_channel, "Silence": _silence, "Slice": _slice,
    "Split": _split, "Tile": _tile,
}  # fmt: skip
