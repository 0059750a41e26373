# SPDX-License-Identifier: Apache-2.0
"""Convolutions whose taps are moved by offsets from data: every tap sampled, then one product over all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lite.errors import ModelFormatError
from lite.importers._moves import Maker
from lite.importers._sampling import Sampler, known_extents, summed
from lite.ir import DType, Value
from lite.ir.dim import floor_div


class Windows(NamedTuple):
    """How the windows lie; pads are top, left, bottom, right."""

    strides: tuple[int, ...]
    pads: tuple[int, ...]
    dilations: tuple[int, ...]
    groups: int = 1
    offset_groups: int = 1


def deform_conv(make: Maker, x: Value, w: Value, offset: Value, mask: Value | None, bias: Value | None,
                windows: Windows) -> Value:  # fmt: skip
    """y = convolution of x [n, c, h, w] by w [out, c / groups, kh, kw], taps moved by an offset each.

    Parameters
    ----------
    offset : Value
        [n, offset groups * kh * kw * 2, out height, out width]: down and right, in elements.
    mask : Value, optional
        [n, offset groups * kh * kw, out height, out width]: what each tap is multiplied by.
    bias : Value, optional
    """
    if x.type.rank != 4 or w.type.rank != 4 or offset.type.rank != 4:
        raise ModelFormatError(f"x is {x.type}, the weights are {w.type} and the offsets {offset.type}")
    parts, counts = windows.offset_groups, known_extents(offset)
    out, per_group, *kernel = (int(extent) for extent in w.type.shape)
    channels, taps, points = x.type.shape[1], kernel[0] * kernel[1], counts[0] * counts[1]
    fits = isinstance(channels, int) and parts > 0 and channels % parts == 0
    if not fits or channels != per_group * windows.groups:
        raise ModelFormatError(f"{channels} channels, {windows.groups} groups of {per_group} and {parts} "
                               "groups of offsets do not fit")  # fmt: skip
    images = x.type.shape[0]
    extents = known_extents(x)
    expected = tuple(_count(windows, extents[side], kernel[side], side) for side in (0, 1))
    if counts != expected or offset.type.shape[1] != parts * taps * 2:
        raise ModelFormatError(f"the offsets are {offset.type}, expected {parts * taps * 2} for each of "
                               f"{expected} windows")  # fmt: skip
    moved = make.reshape(offset, (images * parts, taps, 2, points))
    axes = []
    for side in (0, 1):
        sampler = Sampler(make, extents[side], "linear", "zeros", aligned=False)
        column = make.emit("gather", moved, make.constant(np.array(side), DType.S64), axis=2)
        place = make.emit("add", column, make.constant(_starts(windows, kernel, counts, side), x.type.dtype))
        axes.append(sampler.taps(make.reshape(place, (images * parts, taps * points))))
    parted = make.reshape(x, (images * parts, floor_div(channels, parts), *extents))
    sampled = summed(make, parted, axes)
    if mask is not None:
        sampled = make.emit("mul", sampled, make.reshape(mask, (images * parts, 1, taps * points)))
    columns = make.reshape(sampled, (images, channels * taps, *counts))
    weights = make.reshape(w, (out, per_group * taps, 1, 1))
    return make.emit("conv2d", columns, weights, bias, groups=windows.groups)


def _count(windows: Windows, extent: int, kernel: int, side: int) -> int:
    reach = (kernel - 1) * windows.dilations[side] + 1
    return (extent + windows.pads[side] + windows.pads[side + 2] - reach) // windows.strides[side] + 1


def _starts(windows: Windows, kernel: list[int], counts: tuple[int, ...], side: int) -> np.ndarray:
    """Where each tap of each window lies before it is moved: [taps, points]."""
    tap = np.arange(kernel[side]) * windows.dilations[side] - windows.pads[side]
    start = np.arange(counts[side]) * windows.strides[side]
    place = (tap[:, None] + start)[:, None, :, None] if side == 0 else (tap[:, None] + start)[None, :, None]
    return np.broadcast_to(place, (*kernel, *counts)).reshape(kernel[0] * kernel[1], -1)
