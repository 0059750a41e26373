# SPDX-License-Identifier: Apache-2.0
"""mean_variance_normalization: (x - mean) / (standard deviation + 1e-9) over axes."""

from __future__ import annotations

import numpy as np

from lite.ir import Op, Rename, TensorType
from lite.ir.graph import Builder, Value
from lite.ops._broadcast import FLOATS, check_axis, check_dtype
from lite.ops.add import Add
from lite.ops.div import Div
from lite.ops.mul import Mul
from lite.ops.reduce_mean import ReduceMean
from lite.ops.sqrt import Sqrt
from lite.ops.sub import Sub


class MeanVarianceNormalization(Op, name="mean_variance_normalization"):
    axes: tuple[int, ...] = (0, 2, 3)
    imports = (Rename("onnx", "MeanVarianceNormalization", axes="axes"),)

    def infer(self, x: TensorType) -> TensorType:
        check_dtype("x", x, FLOATS)
        for axis in self.axes:
            check_axis(axis, x.rank)
        return x

    def reference(self, x):
        centred = x - np.mean(x, self.axes, np.float64, keepdims=True)
        variance = np.mean(centred * centred, self.axes, keepdims=True)
        return (centred / (np.sqrt(variance) + 1e-9)).astype(x.dtype)

    def lower(self, builder: Builder, x: Value) -> Value:
        mean = ReduceMean(self.axes, True)
        centred = builder.add(Sub(), x, builder.add(mean, x))
        deviation = builder.add(Sqrt(), builder.add(mean, builder.add(Mul(), centred, centred)))
        positive = builder.add(Add(), deviation, builder.constant(1e-9, x.type.dtype.numpy))
        return builder.add(Div(), centred, positive)

    @classmethod
    def samples(cls):
        yield cls(), [TensorType((3, 4, 5, 6))]
        yield cls(axes=(1,)), [TensorType((3, 40))]
