# SPDX-License-Identifier: Apache-2.0
"""Scales and zero points of foreign quantized models, checked before anything is made of them."""

from __future__ import annotations

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.ir import DType, Extent
from lite.ir.quant import GREATEST_SCALE, LEAST_SCALE, limits


def checked_scales(
    scales: np.ndarray, shape: tuple[Extent, ...], axis: int, what: str = "the scale"
) -> np.ndarray:
    """Scales as f32 of rank 0 (for all of a tensor), or one for each index of an axis.

    Parameters
    ----------
    scales : ndarray
        Of rank 0, or flat.
    shape : tuple of Extent
        Of the tensor.
    axis : int
        Of the tensor, counted from the start; does not matter for a single scale.

    Raises
    ------
    ModelFormatError
        If they are too many or too few, or one is not finite, not positive or out of range.
    """
    if scales.dtype.kind != "f":
        raise ModelFormatError(f"{what} holds {scales.dtype}, expected floats")
    single = np.asarray(scales, np.float32)
    wrong = [(at, s) for at, s in enumerate(single.ravel()) if not LEAST_SCALE <= s <= GREATEST_SCALE]
    if wrong:
        at, found = wrong[0]
        place = f" at index {at}" if single.size > 1 else ""
        raise ModelFormatError(f"{what} is {found:g}{place}, expected a number from 2^-100 to 2^100")
    if single.size == 1:
        return single.reshape(())
    if single.ndim != 1 or not 0 <= axis < len(shape) or single.size != shape[axis]:
        expected = f"[] or [{shape[axis]}] for axis {axis}" if 0 <= axis < len(shape) else "[]"
        raise ModelFormatError(
            f"{what} has shape {list(single.shape)}, expected {expected} of {list(shape)}"
        )
    return single


def checked_zero_point(zero_points: np.ndarray, dtype: DType, scales: int) -> int:
    """The zero point that all channels share.

    Parameters
    ----------
    zero_points : ndarray
    dtype : DType
        Of the quantized tensor.
    scales : int
        How many there are.

    Raises
    ------
    ModelFormatError
        If they are too many or too few, or one is no integer of the type.
    UnsupportedOpError
        If they differ.
    """
    if zero_points.size not in (1, scales):
        raise ModelFormatError(f"there are {zero_points.size} zero points, expected {scales} (one a scale)")
    least, greatest = limits(dtype)
    wrong = [z for z in zero_points.ravel() if not (least <= z <= greatest and z == int(z))]
    if wrong:
        raise ModelFormatError(
            f"the zero point is {wrong[0]}, expected {least} to {greatest} ({dtype.value})"
        )
    if np.any(zero_points != zero_points.ravel()[0]):
        raise UnsupportedOpError(
            "its zero points differ from channel to channel",
            hint="quantize weights symmetrically (onnxruntime: weight_type=QuantType.QInt8)",
        )
    return int(zero_points.ravel()[0])
