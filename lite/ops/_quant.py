# SPDX-License-Identifier: Apache-2.0
"""What the ops on quantized tensors share: checks of operands, the step from sums to outputs, samples."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, TensorType
from lite.ir.quant import check_scale, check_zero_point, limits, placed, requantize, wrapped
from lite.ops._broadcast import check_dtype
from lite.ops._conv import check_residual
from lite.ops._extents import check_choice, differ

QUANTIZED = (DType.S8, DType.S16)
EVEN, TWICE = "even", "twice"  # how sums are rounded: to the nearest step, or to parts of steps before


class Requantizing(Op):
    """Base of the layers x * w + bias whose sums become integers again.

    y = clamp(rint(float(sum) * scale[c] [+ float(residual - residual_zero) * residual_scale]) + y_zero,
    lo, hi)
    with sum = sum((x - x_zero) * w) + bias; int32, modulo 2^32, for x in s8; int64 for x in s16. Activations
    like relu6 are the bounds lo and hi. ``lite.ir.quant`` has the arithmetic; with the rounding "twice", of
    s8 without a residual, it is that of fixed-point multipliers (``rounded_before``).
    """

    x_zero: int = 0
    y_zero: int = 0
    lo: int = -128
    hi: int = 127
    residual_scale: float = 0.0
    residual_zero: int = 0
    rounding: str = "even"
    dtypes: ClassVar[tuple[DType, ...]] = QUANTIZED
    range_ulps: ClassVar[float] = 0.0

    def check(self, x: TensorType, w: TensorType, bias: TensorType, scale: TensorType,
              residual: TensorType | None, y: TensorType, columns: int) -> TensorType:
        """Refuse operands that do not fit; the output's type."""
        check_dtype("x", x, self.dtypes)
        check_dtype("w", w, (DType.S8,))
        for role, found, dtype in (("bias", bias, DType.S32), ("scale", scale, DType.F32)):
            if found.dtype is not dtype or found.rank != 1 or differ(found.shape[0], columns):
                raise ShapeError(f"the {role} is {found}, expected {dtype.value}[{columns}]")
        check_bounds(self.lo, self.hi, x.dtype)
        for zero_point in (self.x_zero, self.y_zero, self.residual_zero):
            check_zero_point(zero_point, x.dtype)
        check_rounding(self.rounding, x, residual)
        if residual is not None:
            check_scale(self.residual_scale, "residual_scale")
        result = y.with_dtype(x.dtype)
        check_residual(residual, result)
        return result

    def finish(self, sums: np.ndarray, bias: np.ndarray, scale: np.ndarray, residual: np.ndarray | None,
               dtype: np.dtype) -> np.ndarray:
        """Outputs of exact sums (integral, in float64), the last axis of which is that of the channels."""
        exact = sums.astype(np.int64) + bias
        held = wrapped(exact) if dtype == np.int8 else exact
        added = None if residual is None else residual.astype(np.int32) - np.int32(self.residual_zero)
        return requantize(held, scale, self.y_zero, self.lo, self.hi, added, self.residual_scale,
                          DType.of(dtype), self.rounding == TWICE)


class Placing(Op):
    """Base of the other ops with quantized outputs: clamp(rint(steps) + y_zero, lo, hi)."""

    y_zero: int = 0
    lo: int = -128
    hi: int = 127
    dtypes: ClassVar[tuple[DType, ...]] = (DType.S8,)
    range_ulps: ClassVar[float] = 0.0

    def check_placing(self, role: str, x: TensorType, **zero_points: int) -> None:
        """Refuse another element type than the op's, and zero points or bounds that are none of it."""
        check_dtype(role, x, self.dtypes)
        check_bounds(self.lo, self.hi, x.dtype)
        for zero_point in (self.y_zero, *zero_points.values()):
            check_zero_point(zero_point, x.dtype)

    def placed(self, steps: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """Outputs of float32 steps."""
        return placed(steps, self.y_zero, self.lo, self.hi, DType.of(dtype))

    def requantized(self, sums: np.ndarray, scale: float | np.ndarray, dtype: np.dtype,
                    twice: bool = False) -> np.ndarray:
        """Outputs of exact sums, which are int32 modulo 2^32 for s8 and int64 for s16."""
        held = wrapped(sums) if dtype == np.int8 else np.asarray(sums, np.int64)
        return requantize(held, scale, self.y_zero, self.lo, self.hi, dtype=DType.of(dtype), twice=twice)


def check_rounding(rounding: str, x: TensorType, residual: TensorType | None = None) -> None:
    """Refuse an unknown rounding, and one that is not done to such sums."""
    check_choice("rounding", rounding, (EVEN, TWICE))
    if rounding == TWICE and (x.dtype is not DType.S8 or residual is not None):
        raise ShapeError("only sums of s8 without a residual are rounded twice")


def check_signed_scale(scale: float, where: str) -> None:
    """Refuse scales whose magnitude ``check_scale`` refuses."""
    check_scale(abs(scale), where)


def check_bounds(lo: int, hi: int, dtype: DType) -> None:
    """Refuse bounds of outputs that are out of order or no integers of the element type."""
    lowest, highest = limits(dtype)
    if not lowest <= lo <= hi <= highest:
        raise ShapeError(f"the bounds are {lo} and {hi}, expected {lowest} <= lo <= hi <= {highest}")


def integers(random: np.random.Generator, shape: tuple[int, ...], dtype: DType = DType.S8) -> np.ndarray:
    """Integers over the whole range of an element type; weights keep to [-127, 127] by ``symmetric``."""
    lowest, highest = limits(dtype)
    return random.integers(lowest, highest, shape, endpoint=True).astype(dtype.numpy)


def symmetric(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Weights: integers in [-127, 127]."""
    return random.integers(-127, 127, shape, endpoint=True).astype(np.int8)


def scales(random: np.random.Generator, columns: int, depth: int) -> np.ndarray:
    """Scales with which sums over ``depth`` random products fill most of a byte, and overflow it at times."""
    typical = 60.0 / (74.0 * 74.0 * np.sqrt(max(1, depth)))
    return (typical * random.uniform(0.5, 1.5, columns)).astype(np.float32)
