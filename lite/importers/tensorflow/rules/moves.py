# SPDX-License-Identifier: Apache-2.0
"""Ops that move elements: shapes, slices, joints, pads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers import _moves
from lite.importers._building import axes_of, axis_of, new_shape
from lite.importers.tensorflow.call import Call
from lite.ir import DType, Extent, Value
from lite.ir.dim import floor_div


def reshape(call: Call) -> Value:
    x = call.need(0)
    return call.reshape(x, new_shape(call.extents(1, "shape"), x.type.shape, zero_copies=False))


def squeeze(call: Call) -> Value:
    x = call.need(0)
    return call.reshape(x, _moves.without_ones(x.type.shape, call.many("squeeze_dims", ())))


def expand_dims(call: Call) -> Value:
    x = call.need(0)
    axis = axis_of(call.single(1, "axis"), x.type.rank + 1)
    return call.reshape(x, (*x.type.shape[:axis], 1, *x.type.shape[axis:]))


def transpose(call: Call) -> Value:
    x = call.need(0)
    perm = axes_of(call.ints(1, "permutation"), x.type.rank)
    if len(perm) != x.type.rank:
        raise ModelFormatError(f"the permutation is {list(perm)} for {x.type}")
    return x if perm == tuple(range(len(perm))) else call.transpose(x, perm)


def slice_(call: Call) -> Value:
    return _moves.sized_slice(call, call.need(0), call.extents(1, "begin"), call.extents(2, "size"))


def strided_slice(call: Call) -> Value:
    masks = _moves.Masks(*(call.int(f"{name}_mask", 0) for name in _moves.Masks._fields))
    ends = call.extents(1, "begin"), call.extents(2, "end")
    return _moves.strided_slice(call, call.need(0), *ends, call.ints(3, "strides"), masks)


def _joined(call: Call, parts: Sequence[Value], axis: int) -> Value:
    if not parts:
        raise ModelFormatError("it joins nothing")
    axis = axis_of(axis, parts[0].type.rank)
    return parts[0] if len(parts) == 1 else call.emit("concat", *parts, axis=axis)


def concat_v2(call: Call) -> Value:
    """The axis is the last input."""
    last = len(call.inputs) - 1
    return _joined(call, [call.need(at) for at in range(last)], call.single(last, "axis"))


def concat(call: Call) -> Value:
    return _joined(call, [call.need(at) for at in range(1, len(call.inputs))], call.single(0, "axis"))


def pack(call: Call) -> Value:
    axis = axis_of(call.int("axis", 0), call.need(0).type.rank + 1)
    rows = [call.emit("unsqueeze", call.need(at), axes=(axis,)) for at in range(len(call.inputs))]
    return _joined(call, rows, axis)


def unpack(call: Call) -> Sequence[Value]:
    x, count = call.need(0), call.int("num")
    axis = axis_of(call.int("axis", 0), x.type.rank)
    if count < 1 or x.type.shape[axis] != count:
        raise ModelFormatError(f"axis {axis} of {x.type} is taken apart into {count} parts")
    return [call.emit("squeeze", part, axes=(axis,)) for part in _split(call, x, axis, (1,) * count)]


def _split(call: Call, x: Value, axis: int, sizes: Sequence[Extent]) -> Sequence[Value]:
    return [x] if len(sizes) == 1 else call.emit_all("split", x, axis=axis, sizes=tuple(sizes))


def split(call: Call) -> Sequence[Value]:
    """Equal parts; the axis is the first input."""
    x, count = call.need(1), call.int("num_split")
    axis = axis_of(call.single(0, "axis"), x.type.rank)
    extent = x.type.shape[axis]
    if count < 1 or (isinstance(extent, int) and extent % count):
        raise ModelFormatError(f"an extent of {extent} cannot be split into {count} equal parts")
    return _split(call, x, axis, (floor_div(extent, count),) * count)


def split_v(call: Call) -> Sequence[Value]:
    x = call.need(0)
    axis = axis_of(call.single(2, "axis"), x.type.rank)
    return _split(call, x, axis, _moves.part_sizes(x.type.shape[axis], call.ints(1, "sizes")))


def tile(call: Call) -> Value:
    return call.emit("tile", call.need(0), repeats=call.extents(1, "multiples"))


def broadcast_to(call: Call) -> Value:
    return call.emit("expand", call.need(0), shape=call.extents(1, "shape"))


def _sides(call: Call, x: Value) -> tuple[tuple[Extent, ...], tuple[Extent, ...]]:
    """Pads before and after each axis."""
    pads = call.extents(1, "paddings")
    if len(pads) != 2 * x.type.rank or any(isinstance(pad, int) and pad < 0 for pad in pads):
        raise ModelFormatError(f"the paddings are {list(pads)}, expected two >= 0 for each axis of {x.type}")
    return pads[::2], pads[1::2]


def pad(call: Call) -> Value:
    x = call.need(0)
    before, after = _sides(call, x)
    value = float(call.number(2, "value")) if len(call.inputs) > 2 else 0.0
    if set(before) | set(after) <= {0}:
        return x
    return call.emit("pad", x, before=before, after=after, value=value)


def mirror_pad(call: Call) -> Value:
    """Mirrored at the outermost elements, or (symmetric) behind them."""
    x, mode = call.need(0), call.text("mode")
    before, after = _sides(call, x)
    if mode not in ("REFLECT", "SYMMETRIC"):
        raise ModelFormatError(f"the mode is {mode!r}, expected REFLECT or SYMMETRIC")
    if mode == "REFLECT":
        return call.emit("pad", x, before=before, after=after, mode="reflect")
    return _moves.symmetric_pad(call, x, before, after)


def reverse_v2(call: Call) -> Value:
    x = call.need(0)
    return _moves.reversed_along(call, x, axes_of(call.ints(1, "axes"), x.type.rank))


def roll(call: Call) -> Value:
    """Elements that leave one end come in at the other."""
    x = call.need(0)
    shifts, axes = call.ints(1, "shift"), call.ints(2, "axis")
    if len(shifts) != len(axes):
        raise ModelFormatError(f"the shifts are {list(shifts)} for axes {list(axes)}")
    for shift, axis in zip(shifts, (axis_of(axis, x.type.rank) for axis in axes)):
        extent = x.type.shape[axis]
        if not isinstance(extent, int):
            raise UnsupportedOpError(
                f"it rolls the open axis {axis} of {x.type}", hint="fix it with input_shapes"
            )
        places = (np.arange(extent) - shift) % max(extent, 1)
        x = call.emit("gather", x, call.constant(places, DType.S64), axis=axis)
    return x


RULES = {
    "BroadcastTo": broadcast_to, "Concat": concat, "ConcatV2": concat_v2, "ExpandDims": expand_dims,
    "MirrorPad": mirror_pad, "Pack": pack, "Pad": pad, "PadV2": pad, "Reshape": reshape,
    "ReverseV2": reverse_v2, "Roll": roll, "Slice": slice_, "Split": split, "SplitV": split_v,
    "Squeeze": squeeze, "StridedSlice": strided_slice, "Tile": tile, "Transpose": transpose, "Unpack": unpack,
}  # fmt: skip
