# SPDX-License-Identifier: Apache-2.0
"""q_softmax: exp(x) / sum(exp(x)) along an axis of a quantized tensor, by a table of fixed-point powers.

With e = powers[greatest x of the row - x], whose sums are integers and so have no order, and in float32,
y = clamp(rint(float(e) * (1 / (float(sum(e)) * y_scale))) + y_zero, lo, hi).
"""

from __future__ import annotations

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, TensorType
from lite.ir.quant import check_scale
from lite.ops._broadcast import check_axis
from lite.ops._extents import differ
from lite.ops._quant import Placing, integers

ONE = 2**23  # exp(0): floats hold all integers up to it


class QSoftmax(Placing, name="q_softmax"):
    """``powers`` is s32 [256] from 0 to 2^23, as ``powers_of`` makes it; the first, exp(0), is not 0."""

    axis: int = 0
    y_scale: float = 1.0

    def infer(self, x: TensorType, powers: TensorType) -> TensorType:
        self.check_placing("x", x)
        check_axis(self.axis, x.rank)
        check_scale(self.y_scale, "y_scale")
        if powers.dtype is not DType.S32 or powers.rank != 1 or differ(powers.shape[0], 256):
            raise ShapeError(f"the powers are {powers}, expected s32[256]")
        return x

    def reference(self, x, powers):
        wide = x.astype(np.int64)
        below = np.max(wide, self.axis, keepdims=True, initial=-128) - wide
        parts = powers[below]
        sums = np.sum(parts, self.axis, dtype=np.int64, keepdims=True)
        with np.errstate(divide="ignore"):
            factors = np.float32(1) / (sums.astype(np.float32) * np.float32(self.y_scale))
        return self.placed(parts.astype(np.float32) * factors, x.dtype)

    @classmethod
    def samples(cls):
        random = np.random.default_rng(13)
        shapes = (((5, 10), 1), ((3, 1000), 1), ((2, 2500), 1), ((2, 30, 17, 33), 3), ((2, 21, 13, 35), 1),
                  ((70, 3), 0), ((1,), 0), ((3, 0), 1))  # fmt: skip
        for shape, axis in shapes:
            op = cls(axis=axis, y_scale=1 / 256, y_zero=-128)
            yield op, [integers(random, shape), powers_of(0.05)]
        bounded = cls(axis=1, y_scale=0.003, y_zero=-100, lo=-90, hi=120)
        yield bounded, [integers(random, (9, 33)), powers_of(0.4)]
        yield cls(axis=1, y_scale=1 / 256, y_zero=-128), [np.full((2, 300), 7, np.int8), powers_of(0.1)]


def powers_of(scale: float) -> np.ndarray:
    """exp(-d * scale) for d in [0, 255], in units of 2^-23."""
    return np.rint(np.exp(-np.arange(256) * np.float64(scale)) * ONE).astype(np.int32)
