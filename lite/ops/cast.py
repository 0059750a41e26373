# SPDX-License-Identifier: Apache-2.0
"""cast: the same numbers in another element type."""

from __future__ import annotations

import numpy as np

from lite.ir import DType, Op, TensorType
from lite.ops._broadcast import ANY, check_dtype


class Cast(Op, name="cast"):
    """Floats are truncated towards zero on the way to integers and clamped to their range; NaN gives 0.

    Integers wrap around, floats round to nearest even, everything but 0 is true.
    """

    to: DType = DType.F32
    range_ulps = 0.0

    def infer(self, x: TensorType) -> TensorType:
        check_dtype("x", x, ANY)
        check_dtype("the result", x.with_dtype(self.to), ANY)
        return x.with_dtype(self.to)

    def reference(self, x):
        target = self.to.numpy
        with np.errstate(all="ignore"):
            if x.dtype.kind == "f" and target.kind in "iu":
                return truncated(x.astype(np.float64), target)
            return x.astype(target)

    @classmethod
    def samples(cls):
        for source in ANY:
            for target in ANY:
                yield cls(to=target), [corners(source)]
        yield cls(to=DType.S32), [TensorType((5, 7001))]
        yield cls(to=DType.F16), [TensorType((5, 7001))]
        yield cls(to=DType.F32), [TensorType((0, 3), DType.S64)]


def truncated(x: np.ndarray, target: np.dtype) -> np.ndarray:
    """float64 to integers, clamped; NaN gives 0."""
    limits = np.iinfo(target)
    inside = np.where((x > limits.min) & (x < limits.max), x, 0).astype(target)
    inside = np.where(x <= limits.min, target.type(limits.min), inside)
    return np.where(x >= limits.max, target.type(limits.max), inside)


def corners(dtype: DType) -> np.ndarray:
    """Values that are hard to convert."""
    if dtype is DType.BOOL:
        return np.array([True, False, True])
    if dtype.is_float:
        floats = np.array([0, -0.0, 0.5, 0.9, -0.9, 1, -1, 1.5, -2.5, 126.7, 127.5, 128, -128.5, 255.9, 256,
                           32767.5, -32769, 65504, 65519, 65520, 2147483648, -2147483904, 4294967296, 9.3e18,
                           -9.3e18, 1.9e19, 1e-7, 6e-8, 2.9e-8, 3.4e38, -3.4e38, np.inf, -np.inf, np.nan])
        with np.errstate(over="ignore"):
            return floats.astype(dtype.numpy)
    limits = np.iinfo(dtype.numpy)
    values = [0, 1, 2, 100, limits.max // 2 + 1, limits.max - 1, limits.max, limits.min, limits.min // 2 - 1]
    return np.array([value for value in values if value >= limits.min], dtype.numpy)
