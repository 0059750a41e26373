# SPDX-License-Identifier: Apache-2.0
"""tile: the input repeated along each axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, Quant, TensorType
from lite.ir.quant import ACTIVATIONS


class Tile(Op, name="tile", quant=Quant.SAME):
    repeats: tuple[Extent, ...]

    def infer(self, x: TensorType) -> TensorType:
        if len(self.repeats) != x.rank:
            raise ShapeError(f"repeats are {list(self.repeats)}, expected one for each axis of {x}")
        return x.with_shape(tuple(extent * repeat for extent, repeat in zip(x.shape, self.repeats)))

    def reference(self, x: np.ndarray) -> np.ndarray:
        return np.tile(x, tuple(map(int, self.repeats)))

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls((2, 3)), [TensorType((3, 4))]
        yield cls((1, 2, 2, 1)), [TensorType((1, 3, 2, 24))]
        yield cls((3,)), [TensorType((1,), DType.S64)]
        yield cls((1, 1, 2)), [TensorType((2, 3, 5), DType.S8)]
        yield cls((0, 2)), [TensorType((2, 3), DType.BOOL)]
        for dtype in ACTIVATIONS:
            yield cls((1, 2, 2, 1)), [TensorType((1, 3, 2, 13), dtype)]
