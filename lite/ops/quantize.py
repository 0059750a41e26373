# SPDX-License-Identifier: Apache-2.0
"""quantize: reals to the nearest integers, q = clamp(rint(x / scale) + zero_point); NaN gives zero_point."""

from __future__ import annotations

import numpy as np

from lite.ir import DType, Op, TensorType
from lite.ir.quant import ACTIVATIONS, check_zero_point, quantize
from lite.ops._broadcast import check_dtype
from lite.ops._scaling import check_scales, spread
from lite.ops._unary import SPECIAL


class Quantize(Op, name="quantize"):
    """``scale`` is f32: [] for all of x, or [c] for each index of ``axis``."""

    zero_point: int = 0
    axis: int = 0
    dtype: DType = DType.S8
    range_ulps = 0.0

    def infer(self, x: TensorType, scale: TensorType) -> TensorType:
        check_dtype("x", x, (DType.F32,))
        check_dtype("the result", x.with_dtype(self.dtype), ACTIVATIONS)
        check_zero_point(self.zero_point, self.dtype)
        check_scales(x, scale, self.axis)
        return x.with_dtype(self.dtype)

    def reference(self, x, scale):
        return quantize(x, spread(scale, self.axis, x.ndim), self.zero_point, self.dtype)

    @classmethod
    def samples(cls):
        near = np.linspace(-20, 20, 1023, dtype=np.float32)
        for scale in (0.1, 0.25, 3.0):
            yield cls(zero_point=-7), [near, np.array(scale, np.float32)]
        yield cls(), [SPECIAL, np.array(0.5, np.float32)]
        yield cls(zero_point=130, dtype=DType.U8), [near, np.array(0.11, np.float32)]
        yield cls(dtype=DType.S16), [near, np.array(0.0007, np.float32)]
        yield cls(axis=2), [TensorType((2, 3, 5)), np.array([0.1, 0.2, 0.01, 1.0, 0.5], np.float32)]
        yield cls(axis=0), [TensorType((3, 70)), np.array([0.1, 0.2, 0.01], np.float32)]
        yield cls(), [TensorType((0, 4)), np.array(0.5, np.float32)]
