# SPDX-License-Identifier: Apache-2.0
"""gather: slices of x along an axis, chosen by indices (negative ones count from the end; clamped).

x may be s8 or s16 with w_scale f32[] or f32[extent of the axis]: then the result is float(x) * w_scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.ir import DType, Op, Quant, TensorType
from lite.ops._extents import check_axis
from lite.ops._indices import check_indices, within
from lite.ops._weights import as_floats, checked


class Gather(Op, name="gather", quant=Quant.SAME):
    axis: int = 0

    def infer(self, x: TensorType, indices: TensorType, w_scale: TensorType | None = None) -> TensorType:
        check_axis(self.axis, x.rank)
        if w_scale is not None and w_scale.rank == 0:
            x = checked(x, w_scale.with_shape((1,)), 1)
        else:
            x = checked(x, w_scale, x.shape[self.axis])
        check_indices(indices)
        return x.with_shape(x.shape[:self.axis] + indices.shape + x.shape[self.axis + 1:])

    def reference(self, x, indices, w_scale=None):
        return np.take(as_floats(self, x, w_scale), within(indices, x.shape[self.axis]), axis=self.axis)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(axis=0), [TensorType((5, 3, 4)), np.array([[0, 4], [-1, 2]], np.int64)]
        yield cls(axis=1), [TensorType((2, 5, 4), DType.S8), np.array([3, 0, -5], np.int32)]
        yield cls(axis=2), [TensorType((2, 3, 6), DType.S64), np.array(1, np.int64)]
        yield cls(axis=1), [TensorType((2, 4)), np.array([9, -9], np.int64)]
        yield cls(axis=0), [TensorType((7, 2), DType.BOOL), TensorType((2, 3), DType.S32)]
        random = np.random.default_rng(9)
        indices = np.array([[0, 6, 3], [-1, 9, -9]], np.int64)
        table = random.integers(-32767, 32767, (7, 20)).astype(np.int16)
        yield cls(axis=0), [table, indices, random.uniform(1e-4, 1e-3, 7).astype(np.float32)]
        table = random.integers(-127, 127, (3, 7, 5)).astype(np.int8)
        yield cls(axis=1), [table, indices, random.uniform(0.01, 0.1, 7).astype(np.float32)]
        yield cls(axis=0), [table, TensorType((3, 2), DType.S32), np.array(0.02, np.float32)]
        yield cls(axis=1), [table, indices, random.uniform(0.01, 0.1, 7).astype(np.float16)]
