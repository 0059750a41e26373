# SPDX-License-Identifier: Apache-2.0
"""scatter_nd: x with slices replaced or reduced at positions that are the rows of ``indices``.

Indices are wrapped and clamped as in gather. Updates apply in row-major order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, Rename, TensorType
from lite.ops._extents import check_choice, differ
from lite.ops._indices import REDUCTIONS, check_indices, scatter, within


class ScatterNd(Op, name="scatter_nd"):
    reduction: str = "none"  # none, add, mul, max, min
    imports = (Rename("onnx", "ScatterND", reduction="reduction"),)

    def infer(self, x: TensorType, indices: TensorType, updates: TensorType) -> TensorType:
        check_indices(indices)
        check_choice("reduction", self.reduction, REDUCTIONS)
        depth = int(indices.shape[-1]) if indices.rank else 0
        if not 0 < depth <= x.rank:
            raise ShapeError(f"the indices are {indices}, expected rows of 1 to {x.rank} positions in {x}")
        expected = x.with_shape(indices.shape[:-1] + x.shape[depth:])
        if updates.dtype is not x.dtype or updates.rank != expected.rank or any(
                map(differ, updates.shape, expected.shape)):
            raise ShapeError(f"updates are {updates}, expected {expected}")
        return x

    def reference(self, x: np.ndarray, indices: np.ndarray, updates: np.ndarray) -> np.ndarray:
        y = x.copy()
        places = tuple(within(indices[..., part], x.shape[part]) for part in range(indices.shape[-1]))
        scatter(y, places, updates, self.reduction)
        return y

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        rows = np.array([[0, 1], [2, -1]], np.int64)
        yield cls(), [TensorType((3, 4, 5)), rows, TensorType((2, 5))]
        repeated = np.array([[1], [1], [9]], np.int32)
        yield cls(), [TensorType((6,), DType.S64), repeated, TensorType((3,), DType.S64)]
        for reduction in REDUCTIONS[1:]:
            yield cls(reduction=reduction), [TensorType((3, 4)), rows, TensorType((2,))]
        matrix = TensorType((4, 3), DType.BOOL)
        yield cls(), [matrix, np.array([[3], [0]], np.int64), matrix.with_shape((2, 3))]
