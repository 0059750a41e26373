# SPDX-License-Identifier: Apache-2.0
"""layer_norm: zero mean and unit variance over the axes from ``axis`` on, then scale and bias."""

from __future__ import annotations

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, Quant, TensorType
from lite.ops._broadcast import FLOATS, check_axis, check_dtype, check_same_dtype


class LayerNorm(Op, name="layer_norm", quant=Quant.KERNEL):
    axis: int = 1
    epsilon: float = 1e-5

    def infer(self, x: TensorType, scale: TensorType | None = None,
              bias: TensorType | None = None) -> TensorType:
        check_dtype("x", x, FLOATS)
        check_axis(self.axis, x.rank)
        for role, parameter in (("scale", scale), ("bias", bias)):
            if parameter is None:
                continue
            check_same_dtype(x, parameter)
            if parameter.shape != x.shape[self.axis :]:
                expected = list(x.shape[self.axis :])
                raise ShapeError(f"{role} has shape {list(parameter.shape)}, expected {expected}")
        return x

    def reference(self, x, scale=None, bias=None):
        wide = x.astype(np.float64)
        axes = tuple(range(self.axis, x.ndim))
        centred = wide - np.mean(wide, axes, keepdims=True)
        variance = np.mean(centred * centred, axes, keepdims=True)
        normalised = centred / np.sqrt(variance + np.float32(self.epsilon))
        scaled = normalised if scale is None else normalised * scale
        return (scaled if bias is None else scaled + bias).astype(x.dtype)

    @classmethod
    def samples(cls):
        for shape, axis in (((5, 10), 1), ((2, 50, 192), 2), ((2, 3, 5, 7), 2), ((3, 70, 97), 1), ((9,), 0)):
            parameter = TensorType(shape[axis:])
            yield cls(axis=axis), [TensorType(shape), parameter, parameter]
        yield cls(axis=1), [TensorType((40, 33)), TensorType((33,))]
        yield cls(axis=1), [TensorType((4, 33)), None, TensorType((33,))]
        yield cls(axis=1, epsilon=1e-2), [TensorType((4, 1000))]
        yield cls(axis=1), [1000 + np.linspace(0, 1, 200, dtype=np.float32).reshape(2, 100)]
        yield cls(axis=1), [TensorType((4, 33), DType.F64)]
