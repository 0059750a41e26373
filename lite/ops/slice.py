# SPDX-License-Identifier: Apache-2.0
"""slice: along each given axis, ``size`` elements from ``start`` on, ``step`` apart (-1: backwards)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, Quant, TensorType
from lite.ir.quant import ACTIVATIONS
from lite.ops._extents import check_axis, replaced


class Slice(Op, name="slice", quant=Quant.SAME):
    axes: tuple[int, ...]
    starts: tuple[Extent, ...]  # >= 0
    sizes: tuple[Extent, ...]  # extents of the output
    steps: tuple[int, ...]  # not 0

    def infer(self, x: TensorType) -> TensorType:
        lengths = {len(self.axes), len(self.starts), len(self.sizes), len(self.steps)}
        if len(lengths) != 1 or len(set(self.axes)) != len(self.axes):
            raise ShapeError(f"axes {self.axes}, starts {self.starts}, sizes {self.sizes} and steps "
                             f"{self.steps} must be equally many, each axis once")
        for axis, start, size, step in zip(self.axes, self.starts, self.sizes, self.steps):
            check_axis(axis, x.rank, "an axis")
            _check_range(axis, x.shape[axis], start, size, step)
        return x.with_shape(replaced(x.shape, dict(zip(self.axes, self.sizes))))

    def reference(self, x: np.ndarray) -> np.ndarray:
        y = x
        for axis, start, size, step in zip(self.axes, self.starts, self.sizes, self.steps):
            y = np.take(y, int(start) + np.arange(int(size)) * step, axis=axis)
        return y

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls((1, 2), (1, 0), (2, 3), (1, 1)), [TensorType((2, 4, 5))]
        yield cls((1, 2), (1, 0), (3, 3), (2, 2)), [TensorType((1, 7, 5, 24))]
        yield cls((0, 2), (2, 4), (3, 2), (-1, -3)), [TensorType((3, 2, 5), DType.S64)]
        yield cls((3,), (8,), (16,), (1,)), [TensorType((1, 6, 5, 24))]
        yield cls((1,), (5,), (6,), (-1,)), [TensorType((3, 6), DType.U8)]
        yield cls((0,), (3,), (0,), (1,)), [TensorType((3, 2))]
        yield cls((), (), (), ()), [TensorType((3, 2), DType.BOOL)]
        for dtype in ACTIVATIONS:
            yield cls((1, 3), (1, 2), (2, 9), (2, 3)), [TensorType((2, 5, 3, 40), dtype)]


def _check_range(axis: int, extent: Extent, start: Extent, size: Extent, step: int) -> None:
    if step == 0:
        raise ShapeError(f"step of axis {axis} is 0")
    if not (isinstance(start, int) and isinstance(size, int)):
        return
    last = start + max(size - 1, 0) * step
    if size < 0 or min(start, last) < 0 or (isinstance(extent, int) and size and max(start, last) >= extent):
        raise ShapeError(f"axis {axis}: {size} elements from {start} by {step} are not within {extent}")
