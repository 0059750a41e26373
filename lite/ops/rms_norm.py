# SPDX-License-Identifier: Apache-2.0
"""rms_norm: x / sqrt(mean(x^2) + epsilon) * scale over the axes from ``axis`` on."""

from __future__ import annotations

import numpy as np

from lite.errors import ShapeError
from lite.ir import Op, TensorType
from lite.ir.graph import Builder, Value
from lite.ops._broadcast import FLOATS, check_axis, check_dtype, check_same_dtype
from lite.ops.add import Add
from lite.ops.div import Div
from lite.ops.mul import Mul
from lite.ops.reduce_mean import ReduceMean
from lite.ops.sqrt import Sqrt


class RmsNorm(Op, name="rms_norm"):
    axis: int = 1
    epsilon: float = 1e-5

    def infer(self, x: TensorType, scale: TensorType) -> TensorType:
        check_dtype("x", x, FLOATS)
        check_axis(self.axis, x.rank)
        check_same_dtype(x, scale)
        if scale.shape != x.shape[self.axis :]:
            raise ShapeError(f"scale has shape {list(scale.shape)}, expected {list(x.shape[self.axis :])}")
        return x

    def reference(self, x, scale):
        wide = x.astype(np.float64)
        mean = np.mean(wide * wide, tuple(range(self.axis, x.ndim)), keepdims=True)
        return (wide / np.sqrt(mean + np.float32(self.epsilon)) * scale).astype(x.dtype)

    def lower(self, builder: Builder, x: Value, scale: Value) -> Value:
        epsilon = builder.constant(self.epsilon, x.type.dtype.numpy)
        axes = tuple(range(self.axis, x.type.rank))
        mean = builder.add(ReduceMean(axes, True), builder.add(Mul(), x, x))
        root = builder.add(Sqrt(), builder.add(Add(), mean, epsilon))
        return builder.add(Mul(), builder.add(Div(), x, root), scale)

    @classmethod
    def samples(cls):
        yield cls(), [TensorType((5, 64)), TensorType((64,))]
        yield cls(axis=2, epsilon=1e-3), [TensorType((2, 3, 4, 5)), TensorType((4, 5))]
