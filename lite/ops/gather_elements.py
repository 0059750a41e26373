# SPDX-License-Identifier: Apache-2.0
"""gather_elements: each output element's own index along an axis (wrapped and clamped as in gather)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, Quant, TensorType
from lite.ops._extents import check_axis
from lite.ops._indices import check_indices, within


class GatherElements(Op, name="gather_elements", quant=Quant.SAME):
    axis: int = 0

    def infer(self, x: TensorType, indices: TensorType) -> TensorType:
        check_axis(self.axis, x.rank)
        check_indices(indices)
        check_elements(self.axis, x, indices)
        return x.with_shape(indices.shape)

    def reference(self, x: np.ndarray, indices: np.ndarray) -> np.ndarray:
        return np.asarray(x[element_places(indices, x.shape, self.axis)])

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(axis=0), [TensorType((3, 4)), np.array([[0, 2, -1], [1, 1, -9]], np.int64)]
        yield cls(axis=1), [TensorType((2, 3, 2), DType.S64), np.array([[[0, 2]], [[1, 9]]], np.int32)]
        yield cls(axis=2), [TensorType((1, 2, 5), DType.S8), np.array([[[4, 0, 1, 1, 2, 3]] * 2], np.int64)]


def check_elements(axis: int, x: TensorType, indices: TensorType) -> None:
    """Refuse indices whose extents exceed those of x on the other axes."""
    beyond = [position for position, (mine, theirs) in enumerate(zip(indices.shape, x.shape))
              if position != axis and isinstance(mine, int) and isinstance(theirs, int) and mine > theirs]
    if indices.rank != x.rank or beyond:
        raise ShapeError(f"indices {indices} do not fit {x}: equal rank, and no greater extents "
                         f"on the axes other than {axis}, are expected")


def element_places(indices: np.ndarray, shape: tuple[int, ...], axis: int) -> tuple[np.ndarray, ...]:
    """Positions, axis by axis, of the elements that the indices stand for."""
    grid = np.ogrid[tuple(slice(extent) for extent in indices.shape)]
    places = list(np.broadcast_arrays(*grid))
    places[axis] = within(indices, shape[axis])
    return tuple(places)
