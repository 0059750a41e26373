# SPDX-License-Identifier: Apache-2.0
"""one_hot: a new axis that is ``on`` at the index and ``off`` elsewhere; all off if the index is outside.

A negative index counts from the end of the new axis.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, TensorType
from lite.ops._extents import check_axis, differ
from lite.ops._indices import check_indices


class OneHot(Op, name="one_hot"):
    depth: Extent
    axis: int  # of the output

    def infer(self, indices: TensorType, values: TensorType) -> TensorType:
        check_indices(indices)
        check_axis(self.axis, indices.rank + 1)
        if values.rank != 1 or differ(values.shape[0], 2):
            raise ShapeError(f"values are {values}, expected [off, on]")
        shape = (*indices.shape[:self.axis], self.depth, *indices.shape[self.axis:])
        return values.with_shape(shape)

    def reference(self, indices: np.ndarray, values: np.ndarray) -> np.ndarray:
        depth = int(self.depth)
        wrapped = np.expand_dims(np.where(indices < 0, indices + depth, indices), self.axis)
        numbers = np.arange(depth).reshape((-1,) + (1,) * (indices.ndim - self.axis))
        return np.asarray(np.where(wrapped == numbers, values[1], values[0]))

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        indices = np.array([[0, 3, -1], [9, -9, 2]], np.int64)
        yield cls(4, 2), [indices, TensorType((2,))]
        yield cls(4, 0), [indices.astype(np.int32), TensorType((2,), DType.S64)]
        yield cls(5, 1), [TensorType((3, 2), DType.S64), np.array([False, True])]
