# SPDX-License-Identifier: Apache-2.0
"""concat: the inputs one behind the other along an axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, Quant, TensorType
from lite.ir.quant import ACTIVATIONS
from lite.ops._extents import check_axis, differ, replaced


class Concat(Op, name="concat", quant=Quant.SAME):
    axis: int

    def infer(self, *xs: TensorType) -> TensorType:
        if not xs:
            raise ShapeError("there is no input, expected at least one")
        first = xs[0]
        total: Extent = 0
        check_axis(self.axis, first.rank)
        for x in xs:
            others = zip(replaced(x.shape, {self.axis: 0}), replaced(first.shape, {self.axis: 0}))
            if x.dtype is not first.dtype or x.rank != first.rank or any(differ(a, b) for a, b in others):
                raise ShapeError(f"cannot join {x} to {first}: dtypes and all extents but axis {self.axis} "
                                 "must be equal")
            total = total + x.shape[self.axis]
        shape = [next((x.shape[axis] for x in xs if isinstance(x.shape[axis], int)), extent)
                 for axis, extent in enumerate(first.shape)]
        return first.with_shape(replaced(tuple(shape), {self.axis: total}))

    def reference(self, *xs: np.ndarray) -> np.ndarray:
        return np.concatenate(xs, axis=self.axis)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(1), [TensorType((2, 3, 4)), TensorType((2, 1, 4)), TensorType((2, 5, 4))]
        yield cls(3), [TensorType((1, 9, 10, 24)), TensorType((1, 9, 10, 40))]
        yield cls(0), [TensorType((2, 3), DType.S64), TensorType((1, 3), DType.S64)]
        yield cls(1), [TensorType((3, 0), DType.S8), TensorType((3, 2), DType.S8)]
        yield cls(0), [TensorType((3,), DType.BOOL)]
        for dtype in ACTIVATIONS:
            yield cls(3), [TensorType((1, 5, 4, 24), dtype), TensorType((1, 5, 4, 17), dtype)]
