# SPDX-License-Identifier: Apache-2.0
"""split: consecutive parts along an axis, one output each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, Quant, TensorType
from lite.ir.quant import ACTIVATIONS
from lite.ops._extents import check_axis, differ, replaced


class Split(Op, name="split", quant=Quant.SAME):
    axis: int
    sizes: tuple[Extent, ...]

    def infer(self, x: TensorType) -> tuple[TensorType, ...]:
        check_axis(self.axis, x.rank)
        total: Extent = 0
        for size in self.sizes:
            total = total + size
        if not self.sizes or differ(total, x.shape[self.axis]):
            raise ShapeError(f"sizes are {list(self.sizes)}, expected their sum to be the extent "
                             f"{x.shape[self.axis]} of axis {self.axis}")
        return tuple(x.with_shape(replaced(x.shape, {self.axis: size})) for size in self.sizes)

    def reference(self, x: np.ndarray) -> tuple[np.ndarray, ...]:
        ends = np.cumsum([int(size) for size in self.sizes])
        return tuple(map(np.ascontiguousarray, np.split(x, ends[:-1], axis=self.axis)))

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(1, (3, 1, 2)), [TensorType((2, 6, 4))]
        yield cls(3, (24, 16)), [TensorType((1, 5, 6, 40))]
        yield cls(0, (1, 2)), [TensorType((3,), DType.S64)]
        yield cls(0, (2, 0)), [TensorType((2, 3), DType.U8)]
        yield cls(1, (3,)), [TensorType((2, 3))]
        for dtype in ACTIVATIONS:
            yield cls(3, (9, 16)), [TensorType((1, 5, 6, 25), dtype)]
