# SPDX-License-Identifier: Apache-2.0
"""reshape: the same elements in the same order under another shape; one extent may be -1 (the rest)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import Dim, DType, Extent, Op, Quant, TensorType
from lite.ir.dim import floor_div, product
from lite.ir.quant import ACTIVATIONS
from lite.ops._extents import differ


class Reshape(Op, name="reshape", quant=Quant.SAME):
    shape: tuple[Extent, ...]

    def infer(self, x: TensorType) -> TensorType:
        rest = [axis for axis, extent in enumerate(self.shape) if extent == -1]
        if len(rest) > 1 or any(not isinstance(extent, Dim) and extent < -1 for extent in self.shape):
            raise ShapeError(f"shape is {list(self.shape)}, expected extents >= 0 and at most one -1")
        shape = list(self.shape)
        if rest:
            known = product(tuple(extent for extent in shape if extent != -1))
            if known == 0:
                raise ShapeError(f"shape is {shape}: -1 beside an extent of 0 has no meaning")
            shape[rest[0]] = floor_div(x.count, known)
        if differ(product(tuple(shape)), x.count):
            raise ShapeError(f"shape {list(self.shape)} does not hold the {x.count} elements of {x}")
        return x.with_shape(shape)

    def reference(self, x: np.ndarray) -> np.ndarray:
        return x.reshape(tuple(map(int, self.shape)))

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls((6, 20)), [TensorType((2, 3, 4, 5))]
        yield cls((2, -1, 5)), [TensorType((2, 3, 4, 5), DType.S8)]
        yield cls(()), [TensorType((1, 1), DType.S64)]
        yield cls((1, 1, 3)), [TensorType((3,), DType.BOOL)]
        for dtype in ACTIVATIONS:
            yield cls((10, 7)), [TensorType((7, 2, 5), dtype)]
