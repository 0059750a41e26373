# SPDX-License-Identifier: Apache-2.0
"""q_matmul: numpy's batched matrix product of two quantized sides, of either side's transpose if asked."""

from __future__ import annotations

import numpy as np

from lite.ir import TensorType
from lite.ir.quant import check_scale
from lite.ops._broadcast import check_same_dtype
from lite.ops._quant import Placing, integers
from lite.ops.matmul import CASES, Matmul


class QMatmul(Placing, name="q_matmul"):
    """y = clamp(rint(float(sum((a - a_zero) * (b - b_zero))) * scale) + y_zero, lo, hi).

    Sums are int32, modulo 2^32; scale is the product of the sides' scales, divided by that of the output.
    """

    transpose_a: bool = False  # of the last two axes; means nothing for one axis
    transpose_b: bool = False
    scale: float = 1.0
    a_zero: int = 0
    b_zero: int = 0

    @property
    def unquantized(self) -> Matmul:
        """The product that the sums are those of."""
        return Matmul(self.transpose_a, self.transpose_b)

    def infer(self, a: TensorType, b: TensorType) -> TensorType:
        self.check_placing("a", a, a_zero=self.a_zero, b_zero=self.b_zero)
        check_same_dtype(a, b)
        check_scale(self.scale, "scale")
        return self.unquantized.infer(a, b)

    def reference(self, a, b):
        left, right = a.astype(np.float64) - self.a_zero, b.astype(np.float64) - self.b_zero
        return self.requantized(self.unquantized.reference(left, right), self.scale, a.dtype)

    @classmethod
    def samples(cls):
        random = np.random.default_rng(11)
        for a, b, attributes in CASES:
            op = cls(**attributes, a_zero=5, b_zero=-3, y_zero=7, scale=0.0021)
            yield op, [integers(random, a), integers(random, b)]
        op = cls(transpose_b=True, a_zero=-128, b_zero=2, y_zero=-9, lo=-100, hi=111, scale=0.0004)
        yield op, [integers(random, (2, 50, 65)), integers(random, (2, 33, 65))]
        yield cls(scale=0.001, a_zero=1), [integers(random, (3, 9, 130)), integers(random, (3, 130, 47))]
        for transposed in (False, True):  # deeper than floats are exact
            deep = cls(transpose_a=transposed, transpose_b=not transposed, scale=0.0005, a_zero=-5, b_zero=9)
            shapes = ((2, 700, 7), (700, 9)) if transposed else ((2, 7, 700), (9, 700))
            yield deep, [integers(random, shapes[0]), integers(random, shapes[1])]
        most = [np.full((2, 513), 127, np.int8), np.full((513, 3), 127, np.int8)]
        yield cls(scale=3e-6, a_zero=-128, b_zero=-128), most
