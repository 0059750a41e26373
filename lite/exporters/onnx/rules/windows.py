# SPDX-License-Identifier: Apache-2.0
"""Pools, resizing and blocks of pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from lite.errors import UnsupportedOpError
from lite.exporters.onnx.emission import FIX, Emission
from lite.exporters.onnx.rules.layers import demand_nchw, padded, padding
from lite.ir import DType, Extent
from lite.ir.dim import floor_div

MOST_DENOMINATOR = 4096  # of a scale by which open extents are multiplied


def _pool(e: Emission) -> str:
    demand_nchw(e)
    op, x = e.op, e.input(0)
    window = padding(e, op.kernel)
    if window is None:
        if op.kind != "average" or not op.count_include_pad or op.ceil_mode:
            raise UnsupportedOpError("its pads depend on the inputs' extents", hint=FIX)
        x, window = padded(e, op.pads), {}
    shared: dict[str, Any] = {"kernel_shape": list(op.kernel), "strides": list(op.strides), **window,
                              "dilations": list(op.dilations), "ceil_mode": int(op.ceil_mode)}  # fmt: skip
    if op.kind == "max":
        return e.emit("MaxPool", x, **shared)
    return e.emit("AveragePool", x, count_include_pad=int(op.count_include_pad), **shared)


def _adaptive_pool(e: Emission) -> str:
    demand_nchw(e)
    op, extents = e.op, e.type().shape[2:]
    if op.output == (1, 1):
        return e.emit("GlobalMaxPool" if op.kind == "max" else "GlobalAveragePool", e.input(0))
    if op.output == extents:
        return e.emit("Identity", e.input(0))
    height, width = e.ints(extents, "windows")
    counts = e.ints(op.output, "windows")
    if not height % counts[0] and not width % counts[1]:
        kernel = [height // counts[0], width // counts[1]]
        pool = "MaxPool" if op.kind == "max" else "AveragePool"
        return e.emit(pool, e.input(0), kernel_shape=kernel, strides=kernel)
    y = e.writer.value(e.need(0))
    for axis, extent, count in ((2, height, counts[0]), (3, width, counts[1])):
        y = _pooled_unevenly(e, y, axis, extent, count)
    return y


def _pooled_unevenly(e: Emission, x: str, axis: int, extent: int, count: int) -> str:
    """One window after the other, as they differ in size."""
    fold = "ReduceMax" if e.op.kind == "max" else "ReduceMean"
    parts = []
    for place in range(count):
        start, end = place * extent // count, -(-(place + 1) * extent // count)
        part = e.emit("Slice", x, *map(e.extents, ([start], [end], [axis], [1])))
        parts.append(e.emit(fold, part, e.extents([axis]), keepdims=1))
    return e.emit("Concat", *parts, axis=axis)


def _resize(e: Emission) -> str:
    demand_nchw(e)
    op, shape = e.op, e.node.output.type.shape
    attributes: dict[str, Any] = {"mode": op.mode, "coordinate_transformation_mode": op.coordinates}
    if op.mode == "nearest":
        attributes["nearest_mode"] = op.nearest
    elif op.mode == "cubic":
        attributes |= {"cubic_coeff_a": op.cubic_coeff_a, "exclude_outside": int(op.exclude_outside)}
    if not any(op.scales):
        return e.emit("Resize", e.input(0), None, None, e.extents(shape), **attributes)
    scales = e.constant([1.0, 1.0, *(_scale(e, side) for side in (0, 1))], DType.F32)
    return e.emit("Resize", e.input(0), None, scales, None, **attributes)


def _scale(e: Emission, side: int) -> float:
    """Output per input of one side.

    Raises
    ------
    UnsupportedOpError
        If ONNX would make another extent of it.
    """
    extent, wanted, scale = e.type().shape[2 + side], e.op.size[side], e.op.scales[side]
    if not scale and extent == wanted:
        return 1.0
    found: Extent | None = None
    if isinstance(extent, int) and isinstance(wanted, int):
        scale = scale or float(np.float32(wanted) / np.float32(extent))
        found = int(np.floor(np.float32(extent) * np.float32(scale)))
    elif scale:
        ratio = Fraction(float(scale)).limit_denominator(MOST_DENOMINATOR)
        found = floor_div(extent * ratio.numerator, ratio.denominator)
    if found != wanted:
        raise UnsupportedOpError(f"it scales {extent} by {scale} to {wanted}, where ONNX would give {found}")
    return float(scale)


def _space_to_depth(e: Emission) -> str:
    demand_nchw(e)
    return e.emit("SpaceToDepth", e.input(0), blocksize=e.op.block)


def _depth_to_space(e: Emission) -> str:
    demand_nchw(e)
    return e.emit("DepthToSpace", e.input(0), blocksize=e.op.block, mode=e.op.mode.upper())


RULES = {
    "adaptive_pool2d": _adaptive_pool,
    "depth_to_space": _depth_to_space,
    "pool2d": _pool,
    "resize": _resize,
    "space_to_depth": _space_to_depth,
}
