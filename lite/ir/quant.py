# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of integers that stand for reals: real = (q - zero_point) * scale.

Written a second time in csrc/base/requant.h; a test holds both together bit for bit. Every step is one IEEE
single precision operation, so any machine that keeps to the order of the steps gets the same bits.
docs/quantization.md says why each step is as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

import numpy as np

from lite.errors import ShapeError
from lite.ir.types import DType

Scale = Union[float, np.ndarray]
LEAST_SCALE, GREATEST_SCALE = float(np.float32(2.0**-100)), float(np.float32(2.0**100))
ACTIVATIONS = (DType.S8, DType.U8, DType.S16)  # element types of quantized activations


@dataclass(frozen=True)
class Quantization:
    """How the integers of a tensor stand for reals, with one scale for all of it.

    Attributes
    ----------
    scale : float
        Real step between neighbouring integers, single precision, from 2^-100 to 2^100.
    zero_point : int
        The integer that stands for 0.
    dtype : DType
    """

    scale: float
    zero_point: int = 0
    dtype: DType = DType.S8

    def __post_init__(self) -> None:
        check_scale(self.scale)
        check_zero_point(self.zero_point, self.dtype)

    @property
    def lowest(self) -> float:
        """The least real that an integer stands for."""
        return float(dequantize(np.asarray(limits(self.dtype)[0]), self.scale, self.zero_point))

    @property
    def highest(self) -> float:
        """The greatest real that an integer stands for."""
        return float(dequantize(np.asarray(limits(self.dtype)[1]), self.scale, self.zero_point))


def limits(dtype: DType) -> tuple[int, int]:
    """Least and greatest integer of an element type."""
    info = np.iinfo(dtype.numpy)
    return int(info.min), int(info.max)


def check_scale(scale: Scale, where: str | None = None) -> None:
    """Refuse scales that are not finite, not positive, or so small or great that steps could overflow.

    Raises
    ------
    ShapeError
    """
    wrong = [float(s) for s in np.ravel(scale) if not LEAST_SCALE <= s <= GREATEST_SCALE]
    if wrong:
        raise ShapeError(f"a scale is {wrong[0]:g}, expected 2^-100 to 2^100", where=where)


def check_zero_point(zero_point: int, dtype: DType) -> None:
    """Refuse a zero point that is no integer of the element type.

    Raises
    ------
    ShapeError
    """
    lowest, highest = limits(dtype)
    if not lowest <= zero_point <= highest:
        raise ShapeError(f"the zero point is {zero_point}, expected {lowest} to {highest} ({dtype.value})")


def quantize(x: np.ndarray, scale: Scale, zero_point: int = 0, dtype: DType = DType.S8) -> np.ndarray:
    """The nearest integers, ties to even, clamped to the element type; NaN gives the zero point.

    Parameters
    ----------
    x : ndarray of float32
    scale : float or array that broadcasts to x
    """
    with np.errstate(all="ignore"):
        steps = np.asarray(x, np.float32) / np.asarray(scale, np.float32)
    return placed(np.where(np.isnan(steps), np.float32(0), steps), zero_point, *limits(dtype), dtype)


def dequantize(q: np.ndarray, scale: Scale, zero_point: int = 0) -> np.ndarray:
    """The reals that integers stand for, as float32.

    Parameters
    ----------
    q : ndarray of integers of 32 bits at most
    scale : float or array that broadcasts to q
    """
    steps = (np.asarray(q, np.int64) - zero_point).astype(np.float32)
    return np.asarray(steps * np.asarray(scale, np.float32), np.float32)


def requantize(sums: np.ndarray, scale: Scale, zero_point: int = 0, lo: int = -128, hi: int = 127,
               residual: np.ndarray | None = None, residual_scale: float = 0.0,
               dtype: DType = DType.S8, twice: bool = False) -> np.ndarray:
    """clamp(rint(float(sums) * scale [+ float(residual) * residual_scale]) + zero_point, lo, hi).

    Parameters
    ----------
    sums : ndarray of int32
    scale : float or array that broadcasts to sums
        Of the sums, divided by that of the result.
    residual : ndarray of integers, optional
        Added before rounding; its own zero point is already subtracted.
    twice : bool
        Steps are rounded to parts of them first: ``rounded_before``.
    """
    y = sums.astype(np.float32) * np.asarray(scale, np.float32)
    if residual is not None:
        y = y + residual.astype(np.float32) * np.float32(residual_scale)
    if twice:
        y = rounded_before(y, np.asarray(scale, np.float32))
    return placed(y, zero_point, lo, hi, dtype)


def rounded_before(steps: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Steps as fixed-point arithmetic has them, which rounds to parts of a step first, then to steps.

    A multiplier of 31 bits and a shift leave parts of a step; the smallest one is the scale's power of two.
    What is up to half of it below a half of a step is rounded away from 0 so: adding that comes to the same.

    Parameters
    ----------
    steps, scale : ndarray of float32
    """
    half = (scale.view(np.int32) & np.int32(0x7F800000)).view(np.float32)
    return np.asarray(steps + np.copysign(half, steps), np.float32)


def placed(steps: np.ndarray, zero_point: int, lo: int, hi: int, dtype: DType) -> np.ndarray:
    """clamp(rint(steps) + zero_point, lo, hi) of float32, in an element type.

    Clamped before rounding: the bounds are integers, so the order is free, and nothing overflows. A NaN gives
    lo: fmax leaves it out.
    """
    bounded = np.fmin(np.fmax(steps, np.float32(lo - zero_point)), np.float32(hi - zero_point))
    return np.asarray(np.rint(bounded).astype(np.int32) + np.int32(zero_point)).astype(dtype.numpy)


def wrapped(sums: np.ndarray) -> np.ndarray:
    """Exact sums, as int64 or integral float64 below 2^53, modulo 2^32 as int32: what accumulators hold."""
    return np.asarray(sums, np.int64).astype(np.int32)


def multiplier(*factors: float, divisor: float = 1.0) -> float:
    """Product of scales divided by another, rounded once to single precision."""
    return float(np.float32(np.prod(np.asarray(factors, np.float64)) / np.float64(divisor)))
