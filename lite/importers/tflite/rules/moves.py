# SPDX-License-Identifier: Apache-2.0
"""Ops that move elements: shapes, slices, joints, pads. Integers move as they are."""

from __future__ import annotations

from collections.abc import Sequence

from lite.errors import ModelFormatError
from lite.importers import _moves
from lite.importers._building import axes_of, axis_of, new_shape
from lite.importers.tflite.call import Call
from lite.ir import DType, Extent, Value
from lite.ir.dim import floor_div

REFLECT, SYMMETRIC = 0, 1


def reshape(call: Call) -> Value:
    """The shape is an input, or, in older files, an option."""
    x = call.moved(0)
    if call.has(1) and call.stored(1).type.rank <= 1:
        wanted = call.extents(1, "shape")
    else:
        wanted = tuple(int(extent) for extent in call.options.new_shape)
        wanted = () if wanted == (0,) else wanted  # how older files write rank 0
    return call.reshape(x, new_shape(wanted, x.type.shape, zero_copies=False))


def squeeze(call: Call) -> Value:
    x = call.moved(0)
    axes = [int(axis) for axis in call.options.squeeze_dims]
    return call.reshape(x, _moves.without_ones(x.type.shape, axes))


def expand_dims(call: Call) -> Value:
    x = call.moved(0)
    axis = axis_of(call.single(1, "axis"), x.type.rank + 1)
    return call.reshape(x, (*x.type.shape[:axis], 1, *x.type.shape[axis:]))


def transpose(call: Call) -> Value:
    x = call.moved(0)
    perm = axes_of(call.ints(1, "permutation"), x.type.rank)
    if len(perm) != x.type.rank:
        raise ModelFormatError(f"the permutation is {list(perm)} for {x.type}")
    return x if perm == tuple(range(len(perm))) else call.emit("transpose", x, perm=perm)


def slice_(call: Call) -> Value:
    """From begin, size elements; -1: all that are left."""
    return _moves.sized_slice(call, call.moved(0), call.extents(1, "begin"), call.extents(2, "size"))


def strided_slice(call: Call) -> Value:
    """Begins, ends and strides of the first axes, with masks of those that are not meant."""
    begin, end = call.extents(1, "begin"), call.extents(2, "end")
    if call.options.offset:
        end = tuple(first + size for first, size in zip(begin, end))
    masks = _moves.Masks(*(int(getattr(call.options, f"{name}_mask")) for name in _moves.Masks._fields))
    return _moves.strided_slice(call, call.moved(0), begin, end, call.ints(3, "strides"), masks)


def concatenation(call: Call) -> Value:
    parts = call.all_moved(range(call.count))
    if not parts:
        raise ModelFormatError("it has no input")
    axis = axis_of(int(call.options.axis), parts[0].type.rank)
    y = parts[0] if len(parts) == 1 else call.emit("concat", *parts, axis=axis)
    return call.activated(y)


def pack(call: Call) -> Value:
    parts = call.all_moved(range(call.count))
    if not parts:
        raise ModelFormatError("it has no input")
    axis = axis_of(int(call.options.axis), parts[0].type.rank + 1)
    rows = [call.emit("unsqueeze", part, axes=(axis,)) for part in parts]
    return rows[0] if len(rows) == 1 else call.emit("concat", *rows, axis=axis)


def unpack(call: Call) -> list[Value]:
    x = call.moved(0)
    axis = axis_of(int(call.options.axis), x.type.rank)
    parts = _split(call, x, axis, (1,) * len(call.operator.outputs))
    return [call.emit("squeeze", part, axes=(axis,)) for part in parts]


def _split(call: Call, x: Value, axis: int, sizes: Sequence[Extent]) -> Sequence[Value]:
    return [x] if len(sizes) == 1 else call.emit_all("split", x, axis=axis, sizes=tuple(sizes))


def split(call: Call) -> Sequence[Value]:
    """Equal parts; the axis is the first input."""
    x, count = call.moved(1), len(call.operator.outputs)
    axis = axis_of(call.single(0, "axis"), x.type.rank)
    extent = x.type.shape[axis]
    if isinstance(extent, int) and extent % count:
        raise ModelFormatError(f"an extent of {extent} cannot be split into {count} equal parts")
    return _split(call, x, axis, (floor_div(extent, count),) * count)


def split_v(call: Call) -> Sequence[Value]:
    """Parts of given sizes; one may be -1: what is left."""
    x = call.moved(0)
    axis = axis_of(call.single(2, "axis"), x.type.rank)
    return _split(call, x, axis, _moves.part_sizes(x.type.shape[axis], call.ints(1, "sizes")))


def tile(call: Call) -> Value:
    return call.emit("tile", call.moved(0), repeats=call.extents(1, "multiples"))


def broadcast_to(call: Call) -> Value:
    return call.emit("expand", call.moved(0), shape=call.extents(1, "shape"))


def shape(call: Call) -> Value:
    return call.emit("shape", call.stored(0))


def rank(call: Call) -> Value:
    return call.constant(call.stored(0).type.rank, DType.S32)


def fill(call: Call) -> Value:
    return call.emit("expand", call.moved(1), shape=call.extents(0, "dims"))


def _sides(call: Call, x: Value) -> tuple[tuple[Extent, ...], tuple[Extent, ...]]:
    """Pads before and after each axis."""
    pads = call.extents(1, "paddings")
    if len(pads) != 2 * x.type.rank:
        raise ModelFormatError(f"the paddings are {list(pads)}, expected two for each axis of {x.type}")
    return pads[::2], pads[1::2]


def pad(call: Call) -> Value:
    """With 0, or, of integers that stand for reals, with what stands for 0."""
    return _padded(call, call.need(0), 0.0)


def pad_v2(call: Call) -> Value:
    value = call.real_number(2, "value")
    return _padded(call, call.need(0), value)


def _padded(call: Call, x: Value, value: float) -> Value:
    before, after = _sides(call, x)
    if set(before) | set(after) <= {0}:
        return x
    return call.emit("pad", x, before=before, after=after, value=value)


def mirror_pad(call: Call) -> Value:
    """Mirrored at the outermost elements, or (symmetric) behind them, so that these come twice."""
    x = call.moved(0)
    before, after = _sides(call, x)
    mode = int(call.options.mode)
    if mode not in (REFLECT, SYMMETRIC):
        raise ModelFormatError(f"the mode is number {mode}, expected {REFLECT} or {SYMMETRIC}")
    if mode == REFLECT:
        return call.emit("pad", x, before=before, after=after, mode="reflect")
    return _moves.symmetric_pad(call, x, before, after)


def reverse_v2(call: Call) -> Value:
    x = call.moved(0)
    return _moves.reversed_along(call, x, axes_of(call.ints(1, "axes"), x.type.rank))


RULES = {
    "BROADCAST_TO": broadcast_to, "CONCATENATION": concatenation, "EXPAND_DIMS": expand_dims, "FILL": fill,
    "MIRROR_PAD": mirror_pad, "PACK": pack, "PAD": pad, "PADV2": pad_v2, "RANK": rank, "RESHAPE": reshape,
    "REVERSE_V2": reverse_v2, "SHAPE": shape, "SLICE": slice_, "SPLIT": split, "SPLIT_V": split_v,
    "SQUEEZE": squeeze, "STRIDED_SLICE": strided_slice, "TILE": tile, "TRANSPOSE": transpose,
    "UNPACK": unpack,
}  # fmt: skip
