# SPDX-License-Identifier: Apache-2.0
"""reduce_log_sum: logarithm of the sum."""

from __future__ import annotations

import math

import numpy as np

from lite.ir import TensorType
from lite.ir.graph import Builder, Value
from lite.ops._broadcast import FLOATS
from lite.ops._reduce import Reduce
from lite.ops.log import Log
from lite.ops.reduce_sum import ReduceSum


class ReduceLogSum(Reduce, name="reduce_log_sum"):
    dtypes = FLOATS

    def function(self, x):
        return np.log(np.sum(x, self.axes, keepdims=self.keepdims))

    def lower(self, builder: Builder, x: Value) -> Value:
        return builder.add(Log(), builder.add(ReduceSum(self.axes, self.keepdims), x))

    @classmethod
    def samples(cls):
        for op, (x,) in super().samples():  # no sums near 0: the logarithm magnifies their error
            shape, dtype = (x.shape, x.dtype.numpy) if isinstance(x, TensorType) else (x.shape, x.dtype)
            yield op, [np.linspace(0.1, 3, math.prod(shape)).reshape(shape).astype(dtype)]
