# SPDX-License-Identifier: Apache-2.0
"""Ops that move elements: shapes, slices, joints, pads. Integers move as they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axes_of, axis_of, new_shape, slice_window
from lite.importers.tflite.call import Call
from lite.ir import DType, Extent, Value
from lite.ir.dim import floor_div

FAR = 1 << 31  # an end of a slice that lies beyond every extent
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
    named = axes_of([int(axis) for axis in call.options.squeeze_dims], x.type.rank)
    axes = named or tuple(axis for axis, extent in enumerate(x.type.shape) if extent == 1)
    wrong = [axis for axis in axes if isinstance(x.type.shape[axis], int) and x.type.shape[axis] != 1]
    if wrong:
        raise ModelFormatError(f"axis {wrong[0]} of {x.type} has not the extent 1")
    return call.reshape(x, [extent for axis, extent in enumerate(x.type.shape) if axis not in axes])


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
    x, begin, sizes = call.moved(0), call.extents(1, "begin"), call.extents(2, "size")
    if not len(begin) == len(sizes) == x.type.rank:
        raise ModelFormatError(f"begin is {list(begin)} and size {list(sizes)} for {x.type}")
    kept = tuple(extent - first if size == -1 else size
                 for extent, first, size in zip(x.type.shape, begin, sizes))
    return _sliced(call, x, begin, kept, (1,) * x.type.rank)


def _sliced(call: Call, x: Value, starts: Sequence[Extent], sizes: Sequence[Extent],
            steps: Sequence[int]) -> Value:
    axes = [axis for axis, extent in enumerate(x.type.shape)
            if steps[axis] != 1 or starts[axis] != 0 or sizes[axis] != extent]
    if not axes:
        return x
    return call.emit("slice", x, axes=tuple(axes), starts=tuple(starts[axis] for axis in axes),
                     sizes=tuple(sizes[axis] for axis in axes), steps=tuple(steps[axis] for axis in axes))


def strided_slice(call: Call) -> Value:
    """Begins, ends and strides of the first axes, with masks of those that are not meant."""
    x, options = call.moved(0), call.options
    begin, end, strides = (call.extents(1, "begin"), call.extents(2, "end"), call.ints(3, "strides"))
    if not len(begin) == len(end) == len(strides):
        raise ModelFormatError(f"begin is {list(begin)}, end {list(end)} and strides {list(strides)}")
    if options.offset:
        end = tuple(first + size for first, size in zip(begin, end))
    starts: list[Extent] = [0] * x.type.rank
    sizes, steps, shape = list(x.type.shape), [1] * x.type.rank, []
    axis = 0
    for spec in range(len(begin)):
        if options.ellipsis_mask >> spec & 1:
            after = sum(not options.new_axis_mask >> later & 1 for later in range(spec + 1, len(begin)))
            while axis < x.type.rank - after:
                shape.append(x.type.shape[axis])
                axis += 1
        elif options.new_axis_mask >> spec & 1:
            shape.append(1)
        elif axis >= x.type.rank:
            raise ModelFormatError(f"begin has {len(begin)} elements for {x.type}")
        else:
            starts[axis], sizes[axis], steps[axis] = _window(
                options, spec, x.type.shape[axis], begin[spec], end[spec], strides[spec])
            shape += [] if options.shrink_axis_mask >> spec & 1 else [sizes[axis]]
            axis += 1
    return call.reshape(_sliced(call, x, starts, sizes, steps), (*shape, *x.type.shape[axis:]))


def _window(options: object, spec: int, extent: Extent, begin: Extent, end: Extent,
            stride: int) -> tuple[Extent, Extent, int]:
    """Start, size and step along one axis."""
    masks = {name: getattr(options, f"{name}_mask") >> spec & 1 for name in ("begin", "end", "shrink_axis")}
    if stride == 0:
        raise ModelFormatError("a stride is 0")
    if masks["shrink_axis"]:
        begin = 0 if masks["begin"] else begin
        start = extent + begin if isinstance(begin, int) and begin < 0 else begin
        if isinstance(start, int) and isinstance(extent, int) and not 0 <= start < extent:
            raise ModelFormatError(f"index {begin} is not in an extent of {extent}")
        return start, 1, 1
    begin = (0 if stride > 0 else FAR) if masks["begin"] else begin
    end = (FAR if stride > 0 else -FAR) if masks["end"] else end
    return (*slice_window(extent, begin, end, stride), stride)


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
    x, sizes = call.moved(0), list(call.ints(1, "sizes"))
    axis = axis_of(call.single(2, "axis"), x.type.rank)
    if sizes.count(-1) > 1:
        raise ModelFormatError(f"the sizes are {sizes}: at most one may be -1")
    rest = x.type.shape[axis] - sum(size for size in sizes if size >= 0)
    return _split(call, x, axis, [rest if size == -1 else size for size in sizes])


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
    for axis, sides in enumerate(zip(before, after)):
        if sides != (0, 0):
            x = _mirrored(call, x, axis, *sides)
    return x


def _mirrored(call: Call, x: Value, axis: int, before: Extent, after: Extent) -> Value:
    extent = x.type.shape[axis]
    if not isinstance(extent, int) or not isinstance(before, int) or not isinstance(after, int):
        raise UnsupportedOpError("symmetric padding of an open extent is not supported",
                                 hint="fix it with input_shapes")
    places = np.arange(-before, extent + after) % (2 * extent)
    mirrored = np.where(places < extent, places, 2 * extent - 1 - places)
    return call.emit("gather", x, call.constant(mirrored, DType.S64), axis=axis)


def reverse_v2(call: Call) -> Value:
    x = call.moved(0)
    axes = axes_of(call.ints(1, "axes"), x.type.rank)
    extents = tuple(x.type.shape[axis] for axis in axes)
    return call.emit("slice", x, axes=axes, starts=tuple(extent - 1 for extent in extents), sizes=extents,
                     steps=(-1,) * len(axes))


RULES = {
    "BROADCAST_TO": broadcast_to, "CONCATENATION": concatenation, "EXPAND_DIMS": expand_dims, "FILL": fill,
    "MIRROR_PAD": mirror_pad, "PACK": pack, "PAD": pad, "PADV2": pad_v2, "RANK": rank, "RESHAPE": reshape,
    "REVERSE_V2": reverse_v2, "SHAPE": shape, "SLICE": slice_, "SPLIT": split, "SPLIT_V": split_v,
    "SQUEEZE": squeeze, "STRIDED_SLICE": strided_slice, "TILE": tile, "TRANSPOSE": transpose,
    "UNPACK": unpack,
}  # fmt: skip
