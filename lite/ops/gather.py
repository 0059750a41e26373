# SPDX-License-Identifier: Apache-2.0
"""gather: slices of x along an axis, chosen by indices (negative ones count from the end; clamped)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.ir import DType, Op, Quant, TensorType
from lite.ops._extents import check_axis
from lite.ops._indices import check_indices, within


class Gather(Op, name="gather", quant=Quant.SAME):
    axis: int = 0

    def infer(self, x: TensorType, indices: TensorType) -> TensorType:
        check_axis(self.axis, x.rank)
        check_indices(indices)
        return x.with_shape(x.shape[:self.axis] + indices.shape + x.shape[self.axis + 1:])

    def reference(self, x: np.ndarray, indices: np.ndarray) -> np.ndarray:
        return np.take(x, within(indices, x.shape[self.axis]), axis=self.axis)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(axis=0), [TensorType((5, 3, 4)), np.array([[0, 4], [-1, 2]], np.int64)]
        yield cls(axis=1), [TensorType((2, 5, 4), DType.S8), np.array([3, 0, -5], np.int32)]
        yield cls(axis=2), [TensorType((2, 3, 6), DType.S64), np.array(1, np.int64)]
        yield cls(axis=1), [TensorType((2, 4)), np.array([9, -9], np.int64)]
        yield cls(axis=0), [TensorType((7, 2), DType.BOOL), TensorType((2, 3), DType.S32)]
