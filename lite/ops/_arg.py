# SPDX-License-Identifier: Apache-2.0
"""Base of arg_max and arg_min."""

from __future__ import annotations

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, TensorType
from lite.ops._broadcast import NUMBERS, check_axis, check_dtype
from lite.ops._reduce import reduced_shape


class ArgReduce(Op):
    """Position along ``axis`` as s64; of equal elements the first, or the last one."""

    axis: int = 0
    keepdims: bool = False
    select_last: bool = False

    def infer(self, x: TensorType) -> TensorType:
        check_dtype("x", x, NUMBERS)
        check_axis(self.axis, x.rank)
        if x.shape[self.axis] == 0:
            raise ShapeError(f"axis {self.axis} is empty: there is no position to give")
        return TensorType(reduced_shape(x.shape, (self.axis,), self.keepdims), DType.S64)

    def position(self, x):
        raise NotImplementedError

    def reference(self, x):
        if not self.select_last:
            return self.position(x)
        return x.shape[self.axis] - 1 - self.position(np.flip(x, self.axis))

    @classmethod
    def samples(cls):
        yield cls(axis=1), [TensorType((40, 1000))]
        yield cls(axis=1, keepdims=True), [TensorType((3, 21, 5, 33))]
        yield cls(axis=0), [TensorType((7,))]
        ties = np.array([[3, 1, 3, 1, 2], [0, 0, 0, 0, 0]])
        for dtype in NUMBERS:
            for select_last in (False, True):
                yield cls(axis=1, select_last=select_last), [ties.astype(dtype.numpy)]
                yield cls(axis=0, select_last=select_last), [ties.astype(dtype.numpy)]
        yield cls(axis=0), [np.array([1, np.nan, 5, np.nan, -np.inf], np.float32)]
        yield cls(axis=0, select_last=True), [np.array([1, np.nan, 5, np.nan, -np.inf], np.float32)]
