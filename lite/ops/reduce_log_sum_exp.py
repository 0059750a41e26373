# SPDX-License-Identifier: Apache-2.0
"""reduce_log_sum_exp: logarithm of the sum of exponentials, without overflow."""

from __future__ import annotations

import numpy as np

from lite.ir.graph import Builder, Value
from lite.ops._broadcast import FLOATS
from lite.ops._reduce import Reduce, reduced_shape
from lite.ops.add import Add
from lite.ops.clip import Clip
from lite.ops.exp import Exp
from lite.ops.log import Log
from lite.ops.reduce_max import ReduceMax
from lite.ops.reduce_sum import ReduceSum
from lite.ops.sub import Sub


class ReduceLogSumExp(Reduce, name="reduce_log_sum_exp"):
    dtypes = FLOATS

    def function(self, x):
        folded = np.logaddexp.reduce(x, self.axes, keepdims=True)
        return folded.reshape(reduced_shape(x.shape, self.axes, self.keepdims))

    def lower(self, builder: Builder, x: Value) -> Value:
        limit = min(float(np.finfo(dtype).max) for dtype in (x.type.dtype.numpy, np.float32))
        greatest = builder.add(ReduceMax(self.axes, True), x)
        shift = builder.add(Clip(-limit, limit), greatest)  # inf - inf would be NaN
        powers = builder.add(Exp(), builder.add(Sub(), x, shift))
        total = builder.add(Log(), builder.add(ReduceSum(self.axes, self.keepdims), powers))
        return builder.add(Add(), total, builder.add(ReduceMax(self.axes, self.keepdims), shift))
