# SPDX-License-Identifier: Apache-2.0
"""reduce_sum_square: sum of squares."""

from __future__ import annotations

import numpy as np

from lite.ir.graph import Builder, Value
from lite.ops._reduce import Reduce
from lite.ops.mul import Mul
from lite.ops.reduce_sum import ReduceSum


class ReduceSumSquare(Reduce, name="reduce_sum_square"):
    def function(self, x):
        return np.sum(x * x, self.axes, x.dtype, keepdims=self.keepdims)

    def lower(self, builder: Builder, x: Value) -> Value:
        return builder.add(ReduceSum(self.axes, self.keepdims), builder.add(Mul(), x, x))
