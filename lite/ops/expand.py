# SPDX-License-Identifier: Apache-2.0
"""expand: broadcast (numpy's rules, both ways) to a shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, Quant, TensorType
from lite.ir.dim import maximum
from lite.ir.quant import ACTIVATIONS
from lite.ops._extents import differ


class Expand(Op, name="expand", quant=Quant.SAME):
    shape: tuple[Extent, ...]

    def infer(self, x: TensorType) -> TensorType:
        rank = max(x.rank, len(self.shape))
        mine = (1,) * (rank - x.rank) + x.shape
        wanted = (1,) * (rank - len(self.shape)) + self.shape
        return x.with_shape(tuple(self._joined(x, a, b) for a, b in zip(mine, wanted)))

    def _joined(self, x: TensorType, mine: Extent, wanted: Extent) -> Extent:
        if mine == wanted or wanted == 1:
            return mine
        if mine == 1:
            return wanted
        if differ(mine, wanted):
            raise ShapeError(f"{x} does not broadcast to {list(self.shape)}")
        if isinstance(mine, int) or isinstance(wanted, int):
            return mine if isinstance(mine, int) else wanted  # the other one is 1 or equal
        return maximum(mine, wanted)

    def reference(self, x: np.ndarray) -> np.ndarray:
        shape = np.broadcast_shapes(x.shape, tuple(map(int, self.shape)))
        return np.broadcast_to(x, shape).copy()

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls((2, 3, 4)), [TensorType((3, 1))]
        yield cls((1, 6, 5, 24)), [TensorType((1, 1, 1, 24))]
        yield cls((3, 1)), [TensorType((2, 1, 4), DType.S64)]
        yield cls((2, 3)), [TensorType((), DType.BOOL)]
        yield cls((0, 3)), [TensorType((1, 3), DType.U8)]
        for dtype in ACTIVATIONS:
            yield cls((1, 3, 5, 24)), [TensorType((1, 1, 1, 24), dtype)]
