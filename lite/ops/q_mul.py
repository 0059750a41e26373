# SPDX-License-Identifier: Apache-2.0
"""q_mul: the product of quantized operands."""

from __future__ import annotations

import numpy as np

from lite.ir import TensorType
from lite.ir.quant import check_scale
from lite.ops._broadcast import broadcast, check_same_dtype
from lite.ops._quant import QUANTIZED, Placing
from lite.ops._scaled_pairs import pairs


class QMul(Placing, name="q_mul"):
    """y = clamp(rint(float((a - a_zero) * (b - b_zero)) * scale) + y_zero, lo, hi); the product is exact.

    scale is the product of the operands' scales, divided by that of the output.
    """

    scale: float = 1.0
    a_zero: int = 0
    b_zero: int = 0
    dtypes = QUANTIZED

    def infer(self, a: TensorType, b: TensorType) -> TensorType:
        self.check_placing("a", a, a_zero=self.a_zero, b_zero=self.b_zero)
        check_same_dtype(a, b)
        check_scale(self.scale, "scale")
        return a.with_shape(broadcast(a.shape, b.shape))

    def reference(self, a, b):
        products = (a.astype(np.int64) - self.a_zero) * (b.astype(np.int64) - self.b_zero)
        return self.requantized(products, self.scale, a.dtype)

    @classmethod
    def samples(cls):
        op = cls(scale=0.011, a_zero=3, b_zero=-7, y_zero=-5)
        return pairs(op, (op.replace(lo=-5, scale=0.5), op.replace(a_zero=-128, b_zero=127)),
                     op.replace(lo=-32768, hi=32767, scale=0.00004, a_zero=-32768))
