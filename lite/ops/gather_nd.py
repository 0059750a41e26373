# SPDX-License-Identifier: Apache-2.0
"""gather_nd: slices of x at positions that are the rows of ``indices`` (wrapped and clamped as in gather)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, Quant, Rename, TensorType
from lite.ops._extents import differ
from lite.ops._indices import check_indices, within


class GatherNd(Op, name="gather_nd", quant=Quant.SAME):
    batch_dims: int = 0  # leading axes that x and indices share
    imports = (Rename("onnx", "GatherND", batch_dims="batch_dims"),
               Rename("paddle", "gather_nd", inputs=("X", "Index")))

    def infer(self, x: TensorType, indices: TensorType) -> TensorType:
        check_indices(indices)
        if not 0 <= self.batch_dims < min(indices.rank, x.rank + 1):
            raise ShapeError(f"batch_dims is {self.batch_dims}, expected fewer than the axes of {indices}")
        depth = int(indices.shape[-1])
        if depth > x.rank - self.batch_dims or any(map(differ, x.shape[:self.batch_dims], indices.shape)):
            raise ShapeError(f"indices {indices} do not fit {x} with batch_dims {self.batch_dims}")
        return x.with_shape(indices.shape[:-1] + x.shape[self.batch_dims + depth:])

    def reference(self, x: np.ndarray, indices: np.ndarray) -> np.ndarray:
        batch, depth = self.batch_dims, indices.shape[-1]
        places = [within(indices[..., part], x.shape[batch + part]) for part in range(depth)]
        leading = np.ogrid[tuple(slice(extent) for extent in x.shape[:batch])] if batch else []
        spread = [np.reshape(axis, axis.shape + (1,) * (indices.ndim - 1 - batch)) for axis in leading]
        if not spread and not places:
            return np.broadcast_to(x, indices.shape[:-1] + x.shape).copy()
        rows = np.broadcast_arrays(*spread, *places, np.empty(indices.shape[:-1], np.int64))[:-1]
        return np.ascontiguousarray(x[tuple(rows)])

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(), [TensorType((3, 4, 5)), np.array([[0, 1], [2, -1]], np.int64)]
        yield cls(), [TensorType((3, 4), DType.S64), np.array([[[0, 1]], [[2, 3]]], np.int32)]
        pairs = np.array([[[0, 1], [2, 2]], [[1, 1], [9, -9]]], np.int64)
        yield cls(batch_dims=1), [TensorType((2, 3, 4)), pairs]
        yield cls(batch_dims=2), [TensorType((2, 2, 3), DType.U8), pairs[..., :1]]
