# SPDX-License-Identifier: Apache-2.0
"""Convolutions and pools with three spatial axes, by ops on images: depth goes to channels or height."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._moves import Maker
from lite.ir import DType, Extent, Value

RANK = 5  # batch, channels, depth, height, width


@dataclass(frozen=True)
class Window:
    """A sliding window over depth, height and width."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[Extent, ...]
    after: tuple[Extent, ...]
    ceil_mode: bool = False

    @property
    def pads(self) -> tuple[Extent, ...]:
        """Of height and width: top, left, bottom, right."""
        return (*self.before[1:], *self.after[1:])


def kernel_of(w: Value) -> tuple[int, int, int]:
    """The window's extents, from weights of five axes."""
    extents = [extent for extent in w.type.shape if isinstance(extent, int)]
    if w.type.rank != RANK or len(extents) < RANK:
        raise ModelFormatError(f"the weights are {w.type}, expected 5 axes of fixed extents")
    return extents[2], extents[3], extents[4]


def conv(make: Maker, x: Value, w: Value, bias: Value | None, window: Window, groups: int) -> Value:
    """A convolution of images whose channels are those of all slices that a window covers."""
    slices, count = _slices(make, x, window)
    n, channels, depth = x.type.shape[0], x.type.shape[1], window.kernel[0]
    height, width = x.type.shape[3:]
    apart = make.reshape(slices, (n, channels, count, depth, height, width))
    ordered = make.emit("transpose", apart, perm=(0, 2, 1, 3, 4, 5))
    images = make.reshape(ordered, (n * count, channels * depth, height, width))
    weights = make.reshape(w, (w.type.shape[0], w.type.shape[1] * depth, *window.kernel[1:]))
    y = make.emit("conv2d", images, weights, bias, strides=window.strides[1:], pads=window.pads,
                  dilations=window.dilations[1:], groups=groups)  # fmt: skip
    volumes = make.reshape(y, (n, count, *y.type.shape[1:]))
    return make.emit("transpose", volumes, perm=(0, 2, 1, 3, 4))


def _slices(make: Maker, x: Value, window: Window) -> tuple[Value, int]:
    """The slices that each window covers, one window behind the other, and how many windows there are."""
    before, after = window.before[0], window.after[0]
    if before or after:
        x = make.emit("pad", x, before=(0, 0, before, 0, 0), after=(0, 0, after, 0, 0))
    extent = _depth(x)
    taps = np.arange(window.kernel[0]) * window.dilations[0]
    starts = np.arange(0, extent - taps[-1], window.strides[0])
    if not len(starts):
        raise ModelFormatError(f"a window of {taps[-1] + 1} slices does not fit in {extent}")
    places = make.constant((starts[:, None] + taps).reshape(-1), DType.S64)
    return make.emit("gather", x, places, axis=2), len(starts)


def _depth(x: Value) -> int:
    extent = x.type.shape[2]
    if not isinstance(extent, int):
        raise UnsupportedOpError("the depth of its input is not known", hint="fix it with input_shapes")
    return extent


def conv_transpose(make: Maker, x: Value, w: Value, bias: Value | None, window: Window,
                   output_pads: tuple[Extent, ...], groups: int) -> Value:  # fmt: skip
    """Each slice becomes the slices that it reaches, as channels; then these are added up along the depth."""
    n, channels, _, height, width = x.type.shape
    depth, taps, per_group = _depth(x), window.kernel[0], int(w.type.shape[1])
    ordered = make.emit("transpose", x, perm=(0, 2, 1, 3, 4))
    images = make.reshape(ordered, (n * depth, channels, height, width))
    weights = make.reshape(w, (w.type.shape[0], per_group * taps, *window.kernel[1:]))
    y = make.emit("conv2d_transpose", images, weights, strides=window.strides[1:], pads=window.pads,
                  output_pads=output_pads[1:], dilations=window.dilations[1:], groups=groups)  # fmt: skip
    out, (height, width) = per_group * groups, y.type.shape[2:]
    reached = make.reshape(y, (n, depth, out * taps, height * width))
    ones = np.tile(np.eye(taps).reshape(taps, 1, taps, 1), (out, 1, 1, 1))
    added = make.emit("conv2d_transpose", make.emit("transpose", reached, perm=(0, 2, 1, 3)),
                      make.constant(ones, x.type.dtype), bias, strides=(window.strides[0], 1),
                      pads=(window.before[0], 0, window.after[0], 0), output_pads=(output_pads[0], 0),
                      dilations=(window.dilations[0], 1), groups=out)  # fmt: skip
    return make.reshape(added, (n, out, added.type.shape[2], height, width))


def pool(make: Maker, x: Value, window: Window, kind: str, *, count_include_pad: bool) -> Value:
    """Over height and width of every slice, then over depth: the greatest, and the mean, are those of all."""
    n, channels, depth = x.type.shape[:3]
    images = make.reshape(x, (n, channels * depth, *x.type.shape[3:]))
    flat = _pool2d(make, images, kind, window, (1, 2), count_include_pad)
    height, width = flat.type.shape[2:]
    columns = make.reshape(flat, (n, channels, depth, height * width))
    y = _pool2d(make, columns, kind, window, (0, None), count_include_pad)
    return make.reshape(y, (n, channels, y.type.shape[2], height, width))


def _pool2d(make: Maker, images: Value, kind: str, window: Window, axes: tuple[int | None, ...],
            count_include_pad: bool) -> Value:  # fmt: skip
    def along(numbers: tuple[Extent, ...], otherwise: int) -> tuple[Extent, ...]:
        return tuple(otherwise if axis is None else numbers[axis] for axis in axes)

    return make.emit("pool2d", images, kind=kind, kernel=along(window.kernel, 1),
                     strides=along(window.strides, 1), dilations=along(window.dilations, 1),
                     pads=(*along(window.before, 0), *along(window.after, 0)), ceil_mode=window.ceil_mode,
                     count_include_pad=count_include_pad)  # fmt: skip
