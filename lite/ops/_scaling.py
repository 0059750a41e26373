# SPDX-License-Identifier: Apache-2.0
"""Scales of quantize and dequantize: one for all of a tensor, or one for each index of an axis."""

from __future__ import annotations

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, TensorType
from lite.ops._broadcast import check_axis
from lite.ops._extents import differ


def check_scales(x: TensorType, scale: TensorType, axis: int) -> None:
    """Refuse scales that do not fit a tensor."""
    if scale.dtype is not DType.F32 or scale.rank > 1:
        raise ShapeError(f"the scale is {scale}, expected f32 of rank 0 or 1")
    if scale.rank == 0:
        return
    check_axis(axis, x.rank)
    if differ(scale.shape[0], x.shape[axis]):
        raise ShapeError(f"there are {scale.shape[0]} scales for the extent {x.shape[axis]} of axis {axis}")


def spread(scale: np.ndarray, axis: int, rank: int) -> np.ndarray:
    """Scales in a shape that broadcasts to a tensor of that rank."""
    return scale if scale.ndim == 0 else scale.reshape([-1 if i == axis else 1 for i in range(rank)])
