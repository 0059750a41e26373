# SPDX-License-Identifier: Apache-2.0
"""instance_norm: zero mean and unit variance of each channel of each image, then scale and bias."""

from __future__ import annotations

import numpy as np

from lite.errors import ShapeError
from lite.ir import Op, Rename, TensorType
from lite.ops._channel import channel_shape, check_channels


class InstanceNorm(Op, name="instance_norm"):
    epsilon: float = 1e-5
    axis: int = 1
    imports = (Rename("onnx", "InstanceNormalization", epsilon="epsilon"),)

    def infer(self, x: TensorType, scale: TensorType, bias: TensorType) -> TensorType:
        check_channels(x, self.axis, scale=scale, bias=bias)
        if self.axis == 0:
            raise ShapeError("axis is 0, the images; expected the channels behind it")
        return x

    def reference(self, x, scale, bias):
        wide = x.astype(np.float64)
        axes = tuple(axis for axis in range(1, x.ndim) if axis != self.axis)
        centred = wide - np.mean(wide, axes, keepdims=True)
        variance = np.mean(centred * centred, axes, keepdims=True)
        shape = channel_shape(x.ndim, self.axis, x.shape[self.axis])
        normalised = centred / np.sqrt(variance + np.float32(self.epsilon))
        return (normalised * scale.reshape(shape) + bias.reshape(shape)).astype(x.dtype)

    @classmethod
    def samples(cls):
        for op, shape in ((cls(), (2, 5, 6, 7)), (cls(axis=3), (2, 6, 7, 24)), (cls(axis=2), (2, 3, 4, 5)),
                          (cls(epsilon=1e-2), (2, 3, 400)), (cls(axis=3), (1, 60, 70, 19))):
            channels = TensorType((shape[op.axis],))
            yield op, [TensorType(shape), channels, channels]
