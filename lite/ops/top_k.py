# SPDX-License-Identifier: Apache-2.0
"""top_k: the k greatest (or least) elements along an axis and their indices, in order.

Equal elements come in the order of their indices. NaN is greater than every number. The order is kept
even where ``sorted`` does not ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, TensorType
from lite.ops._extents import check_axis, replaced


class TopK(Op, name="top_k"):
    k: Extent
    axis: int
    largest: bool = True
    sorted: bool = True

    def infer(self, x: TensorType) -> tuple[TensorType, TensorType]:
        check_axis(self.axis, x.rank)
        extent = x.shape[self.axis]
        if isinstance(self.k, int) and (self.k < 0 or (isinstance(extent, int) and self.k > extent)):
            raise ShapeError(f"k is {self.k}, expected 0 <= k <= {extent}, the extent of axis {self.axis}")
        values = x.with_shape(replaced(x.shape, {self.axis: self.k}))
        return values, values.with_dtype(DType.S64)

    def reference(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.largest:  # backwards and forwards again: a stable sort keeps equal elements in order
            order = x.shape[self.axis] - 1 - np.flip(_order(np.flip(x, self.axis), self.axis), self.axis)
        else:
            order = _order(x, self.axis)
        indices = np.take(order, range(int(self.k)), axis=self.axis)
        return np.take_along_axis(x, indices, self.axis), indices

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(3, 1), [TensorType((4, 9))]
        yield cls(2, 0, largest=False), [TensorType((5, 3, 2))]
        yield cls(4, 0), [np.array([1, np.nan, 3, -np.inf, 3, np.nan, 0, -0.0], np.float32)]
        yield cls(8, 0, largest=False), [np.array([1, np.nan, 3, -np.inf, 3, np.nan, -0.0, 0], np.float32)]
        yield cls(3, 1, sorted=False), [TensorType((2, 6, 2), DType.S64)]
        yield cls(5, 0), [np.array([3, 200, 3, 0, 200], np.uint8)]
        yield cls(100, 1), [TensorType((2, 1000))]
        yield cls(0, 0), [TensorType((3,))]


def _order(x: np.ndarray, axis: int) -> np.ndarray:
    return np.argsort(x, axis=axis, kind="stable").astype(np.int64)
