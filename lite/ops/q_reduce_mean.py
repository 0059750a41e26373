# SPDX-License-Identifier: Apache-2.0
"""q_reduce_mean: the mean of a quantized tensor along axes; that of none is 0.

y = clamp(rint(float(sum(x - x_zero)) * (scale / float(count))) + y_zero, lo, hi), where scale is that of x,
divided by that of y, and count is how many elements become one, at least 1.
"""

from __future__ import annotations

import math

import numpy as np

from lite.ir import DType, TensorType
from lite.ir.quant import check_scale
from lite.ops._quant import QUANTIZED, Placing, integers
from lite.ops._reduce import SAMPLES
from lite.ops.reduce_mean import ReduceMean


class QReduceMean(Placing, name="q_reduce_mean"):
    axes: tuple[int, ...] = ()
    keepdims: bool = False
    scale: float = 1.0
    x_zero: int = 0
    dtypes = QUANTIZED

    def infer(self, x: TensorType) -> TensorType:
        self.check_placing("x", x, x_zero=self.x_zero)
        check_scale(self.scale, "scale")
        return ReduceMean(self.axes, self.keepdims).infer(x)

    def reference(self, x):
        sums = np.sum(x.astype(np.int64) - self.x_zero, self.axes, keepdims=self.keepdims)
        count = max(1, math.prod(x.shape[axis] for axis in self.axes))
        scale = np.asarray(np.float32(self.scale) / np.float32(count))
        return self.requantized(np.asarray(sums), scale, x.dtype)

    @classmethod
    def samples(cls):
        random = np.random.default_rng(10)
        for shape, axes in SAMPLES:
            yield cls(axes=axes, keepdims=True, scale=3.1, x_zero=-9, y_zero=4), [integers(random, shape)]
        yield cls(axes=(0, 2), scale=1.5, lo=0), [integers(random, (3, 5, 7))]
        for axes in ((1, 2), (3,)):
            yield cls(axes=axes, lo=-32768, hi=32767, scale=1.2), [integers(random, (2, 4, 5, 19), DType.S16)]
