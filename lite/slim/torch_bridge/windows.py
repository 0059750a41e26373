# SPDX-License-Identifier: Apache-2.0
"""Pooling and resizing in PyTorch."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lite.ops._extents import SPATIAL_AXES, window_count
from lite.ops._resize import coordinates, cubic_taps, linear_taps, nearest_positions
from lite.slim.torch_bridge.elementwise import Rule
from lite.slim.torch_bridge.layers import as_nchw, from_nchw


def _pool2d(op: Any, x: Tensor) -> Tensor:
    x = as_nchw(x, op.layout)
    return from_nchw(_greatest(op, x) if op.kind == "max" else _mean(op, x), op.layout)


def _surrounded(op: Any, x: Tensor, filler: float) -> Tensor:
    """The image with all that windows see beyond it, and without what none sees."""
    pads: list[int] = []
    for side in (1, 0):
        extent, before, after = x.shape[2 + side], int(op.pads[side]), int(op.pads[side + 2])
        span = (op.kernel[side] - 1) * op.dilations[side] + 1
        count = window_count(extent, span, op.strides[side], before, after, op.ceil_mode)
        pads += [before, (int(count) - 1) * op.strides[side] + span - extent - before]
    return functional.pad(x, pads, value=filler) if any(pads) else x


def _greatest(op: Any, x: Tensor) -> Tensor:
    seen = _surrounded(op, x, -torch.inf)
    y = functional.max_pool2d(seen, op.kernel, op.strides, 0, op.dilations)
    within = all(pad < extent for pad, extent in zip(op.pads, op.kernel * 2))
    return y if within else torch.clamp(y, min=torch.finfo(y.dtype).min)  # windows of nothing but padding


def _mean(op: Any, x: Tensor) -> Tensor:
    ones = x.new_ones((x.shape[1], 1, *op.kernel))
    total = functional.conv2d(_surrounded(op, x, 0.0), ones, None, op.strides, 0, op.dilations, x.shape[1])
    return total / torch.from_numpy(_counts(op, *x.shape[2:])).to(x)


@functools.lru_cache(maxsize=1024)
def _counts(op: Any, height: int, width: int) -> np.ndarray:
    """What each window's sum is divided by."""
    counts: np.ndarray = op.replace(layout="nchw").window_sums(np.zeros((1, 1, height, width)))[1]
    return counts


def _adaptive_pool2d(op: Any, x: Tensor) -> Tensor:
    pool = functional.adaptive_max_pool2d if op.kind == "max" else functional.adaptive_avg_pool2d
    height, width = op.output
    return from_nchw(pool(as_nchw(x, op.layout), (int(height), int(width))), op.layout)


def _resize(op: Any, x: Tensor) -> Tensor:
    for side, axis in enumerate(SPATIAL_AXES[op.layout]):
        x = _resized(op, x, axis, int(op.size[side]), op.scales[side])
    return x


def _resized(op: Any, x: Tensor, axis: int, count: int, scale: float) -> Tensor:
    extent = x.shape[axis]
    at = coordinates(op.coordinates, extent, count, scale)
    if op.mode == "nearest":
        return x.index_select(axis, torch.from_numpy(nearest_positions(at, op.nearest, extent)).to(x.device))
    if op.mode == "linear":
        positions, weights = linear_taps(at, extent)
    else:
        positions, weights = cubic_taps(at, extent, op.cubic_coeff_a, op.exclude_outside)
    columns = (-1,) + (1,) * (x.ndim - axis - 1)
    taps = [x.index_select(axis, torch.from_numpy(positions[:, tap].copy()).to(x.device))
            * torch.from_numpy(weights[:, tap].reshape(columns)).to(x) for tap in range(positions.shape[1])]
    return functools.reduce(torch.add, taps)


RULES: dict[str, Rule] = {
    "pool2d": _pool2d,
    "adaptive_pool2d": _adaptive_pool2d,
    "resize": _resize,
}
