# SPDX-License-Identifier: Apache-2.0
"""Where the maxima of MaxPool lie, and MaxUnpool, which puts elements there."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.onnx.call import Call
from lite.ir import DType, Extent, Value
from lite.ir.dim import product


def places_of_maxima(call: Call, image: Value, pooled: Sequence[Extent], kernel: Sequence[int],
                     strides: Sequence[int], dilations: Sequence[int], before: Sequence[Extent],
                     ) -> Value:  # fmt: skip
    """For each window of images, the place of the first maximum among all elements of the input."""
    groups = image.type.shape[2:], before, (1, *pooled)[-2:]
    extents, pads, counts = (_fixed(image, group) for group in groups)
    starts = [np.arange(counts[side]) * strides[side] - pads[side] for side in (0, 1)]
    windows = image
    for side in (0, 1):
        places = starts[side][:, None] + np.arange(kernel[side]) * dilations[side]
        windows = _spread(call, windows, places, extents[side], 2 + side)
    shape = (*image.type.shape[:2], counts[0], kernel[0], counts[1], kernel[1])
    apart = call.transpose(call.reshape(windows, shape), (0, 1, 2, 4, 3, 5))
    taps = call.reshape(apart, (*image.type.shape[:2], *counts, kernel[0] * kernel[1]))
    return _places(call, call.emit("arg_max", taps, axis=4), starts, kernel, dilations, extents)


def _fixed(image: Value, extents: Sequence[Extent]) -> tuple[int, ...]:
    fixed = tuple(extent for extent in extents if isinstance(extent, int))
    if len(fixed) < len(extents):
        raise UnsupportedOpError(f"where the maxima of {image.type} lie depends on open extents",
                                 hint="fix its extents with input_shapes")  # fmt: skip
    return fixed


def _spread(call: Call, x: Value, places: np.ndarray, extent: int, axis: int) -> Value:
    """Elements of an axis at places, beyond whose ends lies the least number."""
    before, after = max(0, -places.min()), max(0, places.max() + 1 - extent)
    pads = [tuple(int(count) if at == axis else 0 for at in range(4)) for count in (before, after)]
    least = -np.inf if x.type.dtype.is_float else np.iinfo(x.type.dtype.numpy).min
    padded = call.emit("pad", x, before=pads[0], after=pads[1], value=float(least))
    return call.emit("gather", padded, call.constant((places + before).reshape(-1), DType.S64), axis=axis)


def _places(call: Call, tap: Value, starts: Sequence[np.ndarray], kernel: Sequence[int],
            dilations: Sequence[int], extents: Sequence[int]) -> Value:  # fmt: skip
    """Flat places: of the window's start, of the tap in it, and of the channels and images before."""
    rows, columns = (1, extents[0]) if call.int("storage_order", 0) else (extents[1], 1)
    moved = [np.arange(kernel[side]) * dilations[side] for side in (0, 1)]
    inside = call.constant((moved[0][:, None] * rows + moved[1] * columns).reshape(-1), DType.S64)
    start = call.constant(starts[0][:, None] * rows + starts[1] * columns, DType.S64)
    planes = product(tap.type.shape[:2])
    plane = call.emit("range", start=0, limit=planes * math.prod(extents), delta=math.prod(extents))
    place = call.emit("add", call.emit("gather", inside, tap, axis=0), start)
    return call.emit("add", place, call.reshape(plane, (*tap.type.shape[:2], 1, 1)))


def max_unpool(call: Call) -> Value:
    """Zeros, and the elements where the indices say; a greater output has zeros behind."""
    x, places = call.need(0), call.need(1)
    spatial = x.type.rank - 2
    kernel, strides = call.many("kernel_shape"), call.many("strides", None) or (1,) * spatial
    pads = call.many("pads", None) or (0,) * (2 * spatial)
    if places.type.shape != x.type.shape or not len(kernel) == len(strides) == spatial == len(pads) / 2:
        raise ModelFormatError(f"kernel_shape is {kernel}, strides {strides}, pads {pads} for {x.type} and "
                               f"indices {places.type}")  # fmt: skip
    extents = [(extent - 1) * strides[side] + kernel[side] - pads[side] - pads[side + spatial]
               for side, extent in enumerate(x.type.shape[2:])]  # fmt: skip
    shape = (*x.type.shape[:2], *extents)
    zeros = call.emit("expand", call.like(0, x), shape=(product(shape),))
    flat = (x.type.count,)
    filled = call.emit("scatter_elements", zeros, call.reshape(places, flat), call.reshape(x, flat), axis=0)
    filled = call.reshape(filled, shape)
    wanted = shape if call.input(2) is None else call.extents(2, "output shape")
    if len(wanted) != len(shape):
        raise ModelFormatError(f"the output shape is {list(wanted)}, expected {len(shape)} extents")
    if wanted == shape:
        return filled
    after = tuple(extent + made * -1 for extent, made in zip(wanted, shape))
    return call.emit("pad", filled, before=(0,) * len(shape), after=after)


RULES = {"MaxUnpool": max_unpool}
