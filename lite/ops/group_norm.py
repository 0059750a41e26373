# SPDX-License-Identifier: Apache-2.0
"""group_norm: zero mean and unit variance of each group of channels (axis 1), then scale and bias."""

from __future__ import annotations

import numpy as np

from lite.errors import ShapeError
from lite.ir import Op, TensorType
from lite.ir.dim import product
from lite.ir.graph import Builder, Value
from lite.ops._channel import channel_shape, check_channels
from lite.ops.add import Add
from lite.ops.layer_norm import LayerNorm
from lite.ops.mul import Mul
from lite.ops.reshape import Reshape


class GroupNorm(Op, name="group_norm"):
    groups: int = 1
    epsilon: float = 1e-5

    def infer(self, x: TensorType, scale: TensorType, bias: TensorType) -> TensorType:
        check_channels(x, 1, scale=scale, bias=bias)
        if isinstance(x.shape[1], int) and (self.groups < 1 or x.shape[1] % self.groups):
            raise ShapeError(f"{x.shape[1]} channels do not make {self.groups} groups")
        return x

    def reference(self, x, scale, bias):
        wide = x.astype(np.float64).reshape(x.shape[0], self.groups, -1)
        centred = wide - np.mean(wide, 2, keepdims=True)
        variance = np.mean(centred * centred, 2, keepdims=True)
        normalised = (centred / np.sqrt(variance + np.float32(self.epsilon))).reshape(x.shape)
        shape = channel_shape(x.ndim, 1, x.shape[1])
        return (normalised * scale.reshape(shape) + bias.reshape(shape)).astype(x.dtype)

    def lower(self, builder: Builder, x: Value, scale: Value, bias: Value) -> Value:
        shape = x.type.shape
        rows = (shape[0], self.groups, product(shape[1:]) // self.groups)
        normalised = builder.add(LayerNorm(2, self.epsilon), builder.add(Reshape(rows), x))
        restored = builder.add(Reshape(shape), normalised)
        channels = channel_shape(x.type.rank, 1, shape[1])
        scaled = builder.add(Mul(), restored, builder.add(Reshape(channels), scale))
        return builder.add(Add(), scaled, builder.add(Reshape(channels), bias))

    @classmethod
    def samples(cls):
        for groups, shape in ((1, (2, 6, 5, 7)), (3, (2, 6, 5, 7)), (8, (1, 32, 9)), (4, (3, 4))):
            channels = TensorType((shape[1],))
            yield cls(groups=groups), [TensorType(shape), channels, channels]
