# SPDX-License-Identifier: Apache-2.0
"""reduce_l1: sum of absolute values."""

from __future__ import annotations

import numpy as np

from lite.ir.graph import Builder, Value
from lite.ops._reduce import Reduce
from lite.ops.abs import Abs
from lite.ops.reduce_sum import ReduceSum


class ReduceL1(Reduce, name="reduce_l1"):
    def function(self, x):
        return np.sum(np.abs(x), self.axes, x.dtype, keepdims=self.keepdims)

    def lower(self, builder: Builder, x: Value) -> Value:
        return builder.add(ReduceSum(self.axes, self.keepdims), builder.add(Abs(), x))
