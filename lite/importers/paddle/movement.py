# SPDX-License-Identifier: Apache-2.0
"""Paddle's ops that move elements: joining, cutting, permuting, padding."""

from __future__ import annotations

from collections.abc import Sequence

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axis_of, slice_window
from lite.importers.paddle.call import Call
from lite.ir import Extent, Node, Value
from lite.ir.dim import ceil_div

_PAD_MODES = {"constant": "constant", "reflect": "reflect", "edge": "edge", "replicate": "edge"}


def _concat(call: Call) -> Value:
    values = call.inputs("X")
    if not values:
        raise ModelFormatError("input 'X' is missing")
    axis = axis_of(call.static_extent("axis", "AxisTensor", 0), values[0].type.rank)
    return values[0] if len(values) == 1 else call.add("concat", *values, axis=axis)


def _split(call: Call) -> tuple[Value, ...]:
    x = call.input("X")
    axis = axis_of(call.static_extent("axis", "AxisTensor", 0), x.type.rank)
    extent, count = x.type.shape[axis], len(call.written("Out"))
    sections = list(call.extents("sections", tensors="SectionsTensorList", default=()))
    if not sections:
        if call.integer("num", 0) not in (0, count) or (isinstance(extent, int) and extent % count):
            raise ModelFormatError(f"extent {extent} cannot be split into {count} equal parts")
        sections = [extent // count] * count
    elif -1 in [section for section in sections if isinstance(section, int)]:
        place = sections.index(-1)
        sections[place] = extent - sum((size for at, size in enumerate(sections) if at != place), 0)
    return call.add_all("split", x, axis=axis, sizes=tuple(sections))


def _stack(call: Call) -> Value:
    values = call.inputs("X")
    if not values:
        raise ModelFormatError("input 'X' is missing")
    axis = axis_of(call.integer("axis", 0), values[0].type.rank + 1)
    shape = values[0].type.shape
    return call.add(
        "concat", *(call.reshape(value, (*shape[:axis], 1, *shape[axis:])) for value in values), axis=axis
    )


def _unstack(call: Call) -> tuple[Value, ...]:
    x = call.input("X")
    axis = axis_of(call.integer("axis", 0), x.type.rank)
    count = x.type.shape[axis]
    if not isinstance(count, int):
        raise UnsupportedOpError(f"the number of results {count} is known only when running")
    if count != len(call.written(call.operator.main_slot)):
        raise ModelFormatError(
            f"it writes {len(call.written(call.operator.main_slot))} results, expected {count}"
        )
    parts = call.add_all("split", x, axis=axis, sizes=(1,) * count)
    return tuple(call.reshape(part, (*x.type.shape[:axis], *x.type.shape[axis + 1 :])) for part in parts)


def _transpose(call: Call) -> Value:
    x = call.input("X")
    perm = tuple(axis_of(axis, x.type.rank) for axis in call.integers("axis"))
    if sorted(perm) != list(range(x.type.rank)):
        raise ModelFormatError(f"attribute 'axis' is {list(perm)}, expected an order of {x.type.rank} axes")
    return x if list(perm) == sorted(perm) else call.transpose(x, perm)


def _slice(call: Call) -> Value:
    x = call.input("Input")
    axes = [axis_of(axis, x.type.rank) for axis in call.integers("axes")]
    starts = call.extents("starts", tensor="StartsTensor", tensors="StartsTensorList", default=())
    ends = call.extents("ends", tensor="EndsTensor", tensors="EndsTensorList", default=())
    y = sliced(call, x, axes, starts, ends, (1,) * len(axes))
    dropped = {axis_of(axis, x.type.rank) for axis in call.integers("decrease_axis", ())}
    shape = [extent for axis, extent in enumerate(y.type.shape) if axis not in dropped]
    if any(y.type.shape[axis] != 1 for axis in dropped):
        raise ModelFormatError(f"decrease_axis drops axes {sorted(dropped)} of {y.type}, not all of extent 1")
    if not shape and dropped and call.declared_rank() == 1:
        shape = [1]  # before Paddle 2.5 there was no 0-D
    return call.reshape(y, shape)


def _strided_slice(call: Call) -> Value:
    x = call.input("Input")
    axes = [axis_of(axis, x.type.rank) for axis in call.integers("axes")]
    starts = call.extents("starts", tensor="StartsTensor", tensors="StartsTensorList", default=())
    ends = call.extents("ends", tensor="EndsTensor", tensors="EndsTensorList", default=())
    steps = call.static_extents("strides", tensor="StridesTensor", tensors="StridesTensorList", default=())
    return sliced(call, x, axes, starts, ends, steps)


def sliced(
    call: Call,
    x: Value,
    axes: Sequence[int],
    starts: Sequence[Extent],
    ends: Sequence[Extent],
    steps: Sequence[int],
) -> Value:
    """Python's slices along some axes."""
    if not len(axes) == len(starts) == len(ends) == len(steps) or len(set(axes)) != len(axes):
        raise ModelFormatError(
            f"axes {list(axes)}, starts {list(starts)}, ends {list(ends)} and strides "
            f"{list(steps)} must be equally many, each axis once"
        )
    if 0 in steps:
        raise ModelFormatError("a stride is 0")
    windows = [
        slice_window(x.type.shape[axis], start, end, step)
        for axis, start, end, step in zip(axes, starts, ends, steps)
    ]
    sizes = tuple(size for _, size in windows)
    if all(step == 1 and x.type.shape[axis] == size for axis, size, step in zip(axes, sizes, steps)):
        return x
    return call.add(
        "slice",
        x,
        axes=tuple(axes),
        starts=tuple(start for start, _ in windows),
        sizes=sizes,
        steps=tuple(steps),
    )


def _flip(call: Call) -> Value:
    x = call.input("X")
    axes = tuple(axis_of(axis, x.type.rank) for axis in call.integers("axis"))
    extents = tuple(x.type.shape[axis] for axis in axes)
    return call.add(
        "slice",
        x,
        axes=axes,
        starts=tuple(extent - 1 for extent in extents),
        sizes=extents,
        steps=(-1,) * len(axes),
    )


def _roll(call: Call) -> Value:
    x = call.input("X")
    shifts, axes = call.static_extents("shifts", tensor="ShiftsTensor"), call.integers("axis", ())
    flat = not axes
    y = call.reshape(x, (x.type.count,)) if flat else x
    for shift, axis in zip(shifts, axes or (0,)):
        y = _rolled(call, y, shift, axis_of(axis, y.type.rank))
    return call.reshape(y, x.type.shape) if flat else y


def _rolled(call: Call, x: Value, shift: int, axis: int) -> Value:
    extent = x.type.shape[axis]
    if not isinstance(extent, int):
        raise UnsupportedOpError(f"extent {extent} of axis {axis} is known only when running")
    cut = shift % max(extent, 1)
    if cut == 0:
        return x
    tail, head = (
        call.add("slice", x, axes=(axis,), starts=(start,), sizes=(size,), steps=(1,))
        for start, size in ((extent - cut, cut), (0, extent - cut))
    )
    return call.add("concat", tail, head, axis=axis)


def _pad2d(call: Call) -> Value:
    x = call.input("X")
    top, bottom, left, right = call.extents("paddings", tensor="Paddings")
    before, after = (top, left), (bottom, right)
    if call.is_channels_last():
        return _padded(call, x, (0, *before, 0), (0, *after, 0), call.number("pad_value", 0.0))
    return _padded(call, x, (0, 0, *before), (0, 0, *after), call.number("pad_value", 0.0))


def _pad(call: Call) -> Value:
    x, pads = call.input("X"), call.integers("paddings")
    return _padded(call, x, pads[::2], pads[1::2], call.number("pad_value", 0.0), mode="constant")


def _pad3d(call: Call) -> Value:
    """Pads of (left, right, top, bottom, front, back)."""
    x, pads = call.input("X"), call.extents("paddings", tensor="Paddings")
    before, after = (pads[4], pads[2], pads[0]), (pads[5], pads[3], pads[1])
    last = call.is_channels_last()
    full_before = (0, *before, 0) if last else (0, 0, *before)
    full_after = (0, *after, 0) if last else (0, 0, *after)
    value = call.number("value", 0.0)
    depth = 1 if last else 2
    flat = _without_axis(x, depth)
    if flat is None or full_before[depth] != 0 or full_after[depth] != 0:
        return _padded(call, x, full_before, full_after, value)
    y = _padded(
        call,
        flat,
        (*full_before[:depth], *full_before[depth + 1 :]),
        (*full_after[:depth], *full_after[depth + 1 :]),
        value,
    )
    return call.add("unsqueeze", y, axes=(depth,))


def _without_axis(x: Value, axis: int) -> Value | None:
    """What was made 5-D only to be padded (Paddle 2.x pads images so), None if x was not."""
    node: Node | None = x.producer
    if node is None or node.op.name not in ("reshape", "unsqueeze"):
        return None
    inner = node.inputs[0]
    if inner is None or x.type.shape != (*inner.type.shape[:axis], 1, *inner.type.shape[axis:]):
        return None
    return inner


def _padded(
    call: Call, x: Value, before: Sequence[Extent], after: Sequence[Extent], value: float, mode: str = ""
) -> Value:
    if len(before) != x.type.rank or len(after) != x.type.rank:
        raise ModelFormatError(f"pads {list(before)} and {list(after)} do not fit {x.type}")
    mode = mode or call.text("mode", "constant")
    if mode not in _PAD_MODES:
        raise UnsupportedOpError(
            f"padding mode {mode!r} is not supported", hint=f"known are {', '.join(_PAD_MODES)}"
        )
    if set(before) | set(after) <= {0}:
        return x
    return call.add("pad", x, before=tuple(before), after=tuple(after), mode=_PAD_MODES[mode], value=value)


def _pixel_shuffle(call: Call) -> Value:
    x = call.to_nchw(call.input("X"))
    return call.from_nchw(call.add("depth_to_space", x, block=call.integer("upscale_factor", 1), mode="crd"))


def _channel_shuffle(call: Call) -> Value:
    x = call.to_nchw(call.input("X"))
    groups = call.integer("group", 1) if "group" in call.operator.attributes else call.integer("groups", 1)
    return call.from_nchw(call.add("channel_shuffle", x, groups=groups, axis=1))


def _space_to_depth(call: Call) -> Value:
    """Fluid's, which is darknet's reorg: a depth_to_space whose result is read in another shape."""
    x, block = call.input("X"), call.integer("blocksize")
    batch, channels, height, width = x.type.shape
    if block < 1 or not isinstance(channels, int) or channels % (block * block):
        raise ModelFormatError(f"{channels} channels cannot be spread over blocks of {block} x {block}")
    places = (batch, block, block, channels // (block * block), height, width)
    moved = call.add("transpose", call.add("reshape", x, shape=places), perm=(0, 3, 4, 1, 5, 2))
    return call.reshape(moved, (batch, channels * block * block, height // block, width // block))


def _pixel_unshuffle(call: Call) -> Value:
    """Channels first, then the places in the block: the inverse of pixel_shuffle."""
    x, block = call.to_nchw(call.input("X")), call.integer("downscale_factor")
    batch, channels, height, width = x.type.shape
    if block < 1:
        raise ModelFormatError(f"downscale_factor is {block}, expected at least 1")
    tall, wide = ceil_div(height, block), ceil_div(width, block)
    parts = call.add("reshape", x, shape=(batch, channels, tall, block, wide, block))
    moved = call.add("transpose", parts, perm=(0, 1, 3, 5, 2, 4))
    return call.from_nchw(call.add("reshape", moved, shape=(batch, channels * block * block, tall, wide)))


RULES = {
    "channel_shuffle": _channel_shuffle, "concat": _concat, "flip": _flip, "pad": _pad, "pad2d": _pad2d,
    "pad3d": _pad3d, "pixel_shuffle": _pixel_shuffle, "pixel_unshuffle": _pixel_unshuffle, "roll": _roll,
    "shuffle_channel": _channel_shuffle, "slice": _slice, "space_to_depth": _space_to_depth,
    "split": _split, "stack": _stack, "strided_slice": _strided_slice, "transpose": _transpose,
    "transpose2": _transpose, "unbind": _unstack, "unstack": _unstack,
}  # fmt: skip
