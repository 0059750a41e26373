# SPDX-License-Identifier: Apache-2.0
"""scatter_elements: x with elements replaced or reduced, each update by its own index along an axis.

Indices are wrapped and clamped as in gather. Updates apply in row-major order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, TensorType
from lite.ops._extents import check_axis, check_choice, differ
from lite.ops._indices import REDUCTIONS, check_indices, scatter
from lite.ops.gather_elements import check_elements, element_places


class ScatterElements(Op, name="scatter_elements"):
    axis: int = 0
    reduction: str = "none"  # none, add, mul, max, min

    def infer(self, x: TensorType, indices: TensorType, updates: TensorType) -> TensorType:
        check_axis(self.axis, x.rank)
        check_indices(indices)
        check_choice("reduction", self.reduction, REDUCTIONS)
        check_elements(self.axis, x, indices)
        expected = x.with_shape(indices.shape)
        if updates.dtype is not x.dtype or updates.rank != x.rank or any(
                map(differ, updates.shape, expected.shape)):
            raise ShapeError(f"updates are {updates}, expected {expected}")
        return x

    def reference(self, x: np.ndarray, indices: np.ndarray, updates: np.ndarray) -> np.ndarray:
        y = x.copy()
        scatter(y, element_places(indices, x.shape, self.axis), updates, self.reduction)
        return y

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        indices = np.array([[0, 2, -1], [1, 0, 2]], np.int64)
        yield cls(), [TensorType((3, 4)), indices, TensorType((2, 3))]
        for dtype in (DType.F32, DType.S32, DType.S64):
            for reduction in REDUCTIONS[1:]:
                inputs = [TensorType((2, 4), dtype), indices, TensorType((2, 3), dtype)]
                yield cls(axis=1, reduction=reduction), inputs
        repeated = np.array([[1, 1, -9, 9]], np.int32)
        yield cls(axis=1), [TensorType((1, 4), DType.S8), repeated, TensorType((1, 4), DType.S8)]
