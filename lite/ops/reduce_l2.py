# SPDX-License-Identifier: Apache-2.0
"""reduce_l2: root of the sum of squares."""

from __future__ import annotations

import numpy as np

from lite.ir.graph import Builder, Value
from lite.ops._broadcast import FLOATS
from lite.ops._reduce import Reduce
from lite.ops.mul import Mul
from lite.ops.reduce_sum import ReduceSum
from lite.ops.sqrt import Sqrt


class ReduceL2(Reduce, name="reduce_l2"):
    dtypes = FLOATS

    def function(self, x):
        return np.sqrt(np.sum(x * x, self.axes, keepdims=self.keepdims))

    def lower(self, builder: Builder, x: Value) -> Value:
        total = builder.add(ReduceSum(self.axes, self.keepdims), builder.add(Mul(), x, x))
        return builder.add(Sqrt(), total)
