# SPDX-License-Identifier: Apache-2.0
"""q_add: a * a_scale + b * b_scale of quantized operands; a negative b_scale subtracts."""

from __future__ import annotations

import numpy as np

from lite.ir import TensorType
from lite.ir.quant import check_scale, requantize
from lite.ops._broadcast import broadcast, check_same_dtype
from lite.ops._quant import QUANTIZED, Placing, check_signed_scale
from lite.ops._scaled_pairs import pairs


class QAdd(Placing, name="q_add"):
    """y = clamp(rint(float(a - a_zero) * a_scale + float(b - b_zero) * b_scale) + y_zero, lo, hi).

    a_scale and b_scale are the operands' scales, divided by that of the output.
    """

    a_scale: float = 1.0
    b_scale: float = 1.0
    a_zero: int = 0
    b_zero: int = 0
    dtypes = QUANTIZED

    def infer(self, a: TensorType, b: TensorType) -> TensorType:
        self.check_placing("a", a, a_zero=self.a_zero, b_zero=self.b_zero)
        check_same_dtype(a, b)
        check_scale(self.a_scale, "a_scale")
        check_signed_scale(self.b_scale, "b_scale")
        return a.with_shape(broadcast(a.shape, b.shape))

    def reference(self, a, b):
        left, right = a.astype(np.int32) - self.a_zero, b.astype(np.int32) - self.b_zero
        return requantize(left, self.a_scale, self.y_zero, self.lo, self.hi, right, self.b_scale,
                          TensorType.of(a).dtype)

    @classmethod
    def samples(cls):
        op = cls(a_scale=0.75, b_scale=0.33, a_zero=3, b_zero=-7, y_zero=-5)
        return pairs(op, (op.replace(lo=-5, a_scale=2.5), op.replace(b_scale=-0.5), op.replace(a_zero=-128)),
                     op.replace(lo=-32768, hi=32767))
