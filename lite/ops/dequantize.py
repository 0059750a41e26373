# SPDX-License-Identifier: Apache-2.0
"""dequantize: the reals that integers stand for, x = float(q - zero_point) * scale."""

from __future__ import annotations

import numpy as np

from lite.ir import DType, Op, TensorType
from lite.ir.quant import check_zero_point, dequantize
from lite.ops._broadcast import check_dtype
from lite.ops._quant import integers
from lite.ops._scaling import check_scales, spread


class Dequantize(Op, name="dequantize"):
    """``scale`` is f32: [] for all of q, or [c] for each index of ``axis``."""

    zero_point: int = 0
    axis: int = 0
    range_ulps = 0.0

    def infer(self, q: TensorType, scale: TensorType) -> TensorType:
        check_dtype("q", q, (DType.S8, DType.U8, DType.S16, DType.S32))
        check_zero_point(self.zero_point, q.dtype)
        check_scales(q, scale, self.axis)
        return q.with_dtype(DType.F32)

    def reference(self, q, scale):
        return dequantize(q, spread(scale, self.axis, q.ndim), self.zero_point)

    @classmethod
    def samples(cls):
        random = np.random.default_rng(5)
        scale = np.array(0.037, np.float32)
        for dtype in (DType.S8, DType.U8, DType.S16, DType.S32):
            yield cls(zero_point=9), [integers(random, (3, 5, 77), dtype), scale]
        channels = np.array([0.1, 0.2, 0.01, 1.0, 0.5], np.float32)
        yield cls(axis=2), [integers(random, (2, 3, 5)), channels]
        yield cls(axis=0, zero_point=-4), [integers(random, (5, 70)), channels]
        yield cls(), [integers(random, (0, 4)), scale]
