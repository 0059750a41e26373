# SPDX-License-Identifier: Apache-2.0
"""batch_norm: (x - mean) / sqrt(variance + epsilon) * scale + bias, one of each a channel."""

from __future__ import annotations

import numpy as np

from lite.ir import Op, TensorType
from lite.ir.graph import Builder, Value
from lite.ops._channel import channel_shape, check_channels
from lite.ops.add import Add
from lite.ops.div import Div
from lite.ops.mul import Mul
from lite.ops.reshape import Reshape
from lite.ops.sqrt import Sqrt
from lite.ops.sub import Sub


class BatchNorm(Op, name="batch_norm"):
    epsilon: float = 1e-5
    axis: int = 1

    def infer(self, x: TensorType, scale: TensorType, bias: TensorType, mean: TensorType,
              variance: TensorType) -> TensorType:
        check_channels(x, self.axis, scale=scale, bias=bias, mean=mean, variance=variance)
        return x

    def reference(self, x, *parameters):
        shape = channel_shape(x.ndim, self.axis, x.shape[self.axis])
        scale, bias, mean, variance = (array.astype(np.float64).reshape(shape) for array in parameters)
        normalised = (x - mean) / np.sqrt(variance + np.float32(self.epsilon))
        return (normalised * scale + bias).astype(x.dtype)

    def lower(self, builder: Builder, x: Value, scale: Value, bias: Value, mean: Value,
              variance: Value) -> Value:
        epsilon = builder.constant(self.epsilon, x.type.dtype.numpy)
        root = builder.add(Sqrt(), builder.add(Add(), variance, epsilon))
        factor = builder.add(Div(), scale, root)
        offset = builder.add(Sub(), bias, builder.add(Mul(), mean, factor))
        shape = channel_shape(x.type.rank, self.axis, x.type.shape[self.axis])
        if len(shape) > 1:
            factor, offset = (builder.add(Reshape(shape), value) for value in (factor, offset))
        return builder.add(Add(), builder.add(Mul(), x, factor), offset)

    @classmethod
    def samples(cls):
        for op, shape in ((cls(), (2, 5, 6, 7)), (cls(epsilon=1e-3, axis=3), (1, 6, 7, 24)), (cls(), (3, 8))):
            channels = shape[op.axis]
            yield op, [TensorType(shape), *(np.linspace(low, 2.0, channels, dtype=np.float32)
                                            for low in (0.5, -1.0, -0.5, 0.1))]
