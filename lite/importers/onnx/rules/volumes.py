# SPDX-License-Identifier: Apache-2.0
"""Conv and pools with three spatial axes, by ops on images: depth goes to the channels or to the height."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import same_pads
from lite.importers.onnx.call import Call
from lite.ir import Extent, Value

RANK = 5  # batch, channels, depth, height, width
SAME = {"SAME_UPPER": False, "SAME_LOWER": True}  # whether the greater half of odd pads is before


@dataclass(frozen=True)
class Window:
    """A sliding window over depth, height and width."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[Extent, ...]
    after: tuple[Extent, ...]
    ceil_mode: bool


def _triple(call: Call, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
    values = call.many(name, None) or default
    if len(values) != 3 or min(values) < 1:
        raise ModelFormatError(f"{name} is {list(values)}, expected 3 numbers >= 1")
    return tuple(values)


def _window(call: Call, x: Value, kernel: tuple[int, ...]) -> Window:
    strides, dilations = _triple(call, "strides", (1, 1, 1)), _triple(call, "dilations", (1, 1, 1))
    auto_pad = call.text("auto_pad", "NOTSET") or "NOTSET"
    if auto_pad in SAME:
        sides = [same_pads(extent, kernel[axis], strides[axis], dilations[axis], lower=SAME[auto_pad])
                 for axis, extent in enumerate(x.type.shape[2:])]  # fmt: skip
        before, after = (tuple(side[end] for side in sides) for end in (0, 1))
        return Window(kernel, strides, dilations, before, after, False)
    pads = (call.many("pads", None) or (0,) * 6) if auto_pad == "NOTSET" else (0,) * 6
    if len(pads) != 6 or min(pads) < 0:
        raise ModelFormatError(f"pads is {list(pads)}, expected 6 numbers >= 0")
    ceil_mode = bool(call.int("ceil_mode", 0))
    return Window(kernel, strides, dilations, tuple(pads[:3]), tuple(pads[3:]), ceil_mode)


def conv(call: Call) -> Value:
    """A convolution of images whose channels are those of all slices that a window covers."""
    x, w = call.need(0), call.need(1)
    kernel = w.type.shape[2:]
    if w.type.rank != RANK or not all(isinstance(extent, int) for extent in w.type.shape):
        raise ModelFormatError(f"the weights are {w.type}, expected 5 axes of fixed extents")
    window = _window(call, x, tuple(map(int, kernel)))
    slices, count = _slices(call, x, window)
    n, height, width = x.type.shape[0], *x.type.shape[3:]
    channels, depth = x.type.shape[1], window.kernel[0]
    apart = call.reshape(slices, (n, channels, count, depth, height, width))
    ordered = call.transpose(apart, (0, 2, 1, 3, 4, 5))
    images = call.reshape(ordered, (n * count, channels * depth, height, width))
    weights = call.reshape(w, (w.type.shape[0], w.type.shape[1] * depth, *kernel[1:]))
    y = call.emit_single("conv2d", images, weights, call.input(2), strides=window.strides[1:],
                         pads=(*window.before[1:], *window.after[1:]), dilations=window.dilations[1:],
                         groups=call.int("group", 1))  # fmt: skip
    volumes = call.reshape(y, (n, count, *y.type.shape[1:]))
    return call.transpose(volumes, (0, 2, 1, 3, 4))


def _slices(call: Call, x: Value, window: Window) -> tuple[Value, int]:
    """The slices that each window covers, one window behind the other, and how many windows there are."""
    before, after = window.before[0], window.after[0]
    if before or after:
        around = ((0, 0, before, 0, 0), (0, 0, after, 0, 0))
        x = call.emit("pad", x, before=around[0], after=around[1])
    extent = x.type.shape[2]
    if not isinstance(extent, int):
        raise UnsupportedOpError("the depth of its input is not known", hint="fix it with input_shapes")
    taps = np.arange(window.kernel[0]) * window.dilations[0]
    starts = np.arange(0, extent - taps[-1], window.strides[0])
    if not len(starts):
        raise ModelFormatError(f"a window of {taps[-1] + 1} slices does not fit in {extent}")
    places = call.constant((starts[:, None] + taps).reshape(-1).astype(np.int64))
    return call.emit("gather", x, places, axis=2), len(starts)


def pool(call: Call, x: Value, kind: str, *, count_include_pad: bool) -> Value:
    """Over height and width of every slice, then over depth: the greatest, and the mean, are those of all."""
    window = _window(call, x, _triple(call, "kernel_shape", ()))
    n, channels, depth = x.type.shape[:3]
    images = call.reshape(x, (n, channels * depth, *x.type.shape[3:]))
    flat = _pool2d(call, images, kind, window, (1, 2), count_include_pad)
    height, width = flat.type.shape[2:]
    columns = call.reshape(flat, (n, channels, depth, height * width))
    y = _pool2d(call, columns, kind, window, (0, None), count_include_pad)
    return call.reshape(y, (n, channels, y.type.shape[2], height, width))


def _pool2d(call: Call, images: Value, kind: str, window: Window, axes: tuple[int | None, ...],
            count_include_pad: bool) -> Value:  # fmt: skip
    def along(numbers: tuple[Extent, ...], otherwise: int) -> tuple[Extent, ...]:
        return tuple(otherwise if axis is None else numbers[axis] for axis in axes)

    return call.emit("pool2d", images, kind=kind, kernel=along(window.kernel, 1),
                     strides=along(window.strides, 1), dilations=along(window.dilations, 1),
                     pads=(*along(window.before, 0), *along(window.after, 0)), ceil_mode=window.ceil_mode,
                     count_include_pad=count_include_pad)  # fmt: skip
