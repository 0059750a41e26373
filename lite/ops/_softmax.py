# SPDX-License-Identifier: Apache-2.0
"""Base of softmax and log_softmax."""

from __future__ import annotations

import numpy as np

from lite.ir import DType, Op, TensorType
from lite.ops._broadcast import FLOATS, check_axis, check_dtype


class SoftmaxBase(Op):
    """Along one axis, the greatest element taken off first."""

    axis: int = 0

    def infer(self, x: TensorType) -> TensorType:
        check_dtype("x", x, FLOATS)
        check_axis(self.axis, x.rank)
        return x

    def shifted(self, x):
        wide = x.astype(np.float64)
        with np.errstate(all="ignore"):
            return wide - np.max(wide, self.axis, keepdims=True, initial=-np.inf)

    @classmethod
    def samples(cls):
        yield cls(axis=1), [TensorType((5, 10))]
        yield cls(axis=1), [TensorType((3, 1000))]
        yield cls(axis=3), [TensorType((2, 30, 17, 33))]
        yield cls(axis=1), [TensorType((2, 21, 13, 35))]
        yield cls(axis=0), [TensorType((2, 3))]
        yield cls(axis=0), [TensorType((1,))]
        yield cls(axis=1), [TensorType((3, 0))]
        yield cls(axis=1), [np.array([[1e4, 1e4, -1e4], [-3e38, 3e38, 0], [0, -np.inf, 1]], np.float32)]
        yield cls(axis=1), [np.array([[1, np.nan], [np.inf, 0], [-np.inf, -np.inf]], np.float32)]
        yield cls(axis=0), [TensorType((4, 7), DType.F64)]
        yield cls(axis=1), [TensorType((4, 7), DType.F16)]
