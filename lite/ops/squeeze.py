# SPDX-License-Identifier: Apache-2.0
"""squeeze: without the given axes, whose extents are 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lite.errors import ShapeError
from lite.ir import Builder, Op, Quant, TensorType, Value
from lite.ops._extents import check_axis, differ
from lite.ops.reshape import Reshape


class Squeeze(Op, name="squeeze", quant=Quant.SAME):
    axes: tuple[int, ...]

    def infer(self, x: TensorType) -> TensorType:
        for axis in self.axes:
            check_axis(axis, x.rank, "an axis")
            if differ(x.shape[axis], 1):
                raise ShapeError(f"axis {axis} of {x} is {x.shape[axis]}, expected 1")
        return x.with_shape(tuple(extent for axis, extent in enumerate(x.shape) if axis not in self.axes))

    def lower(self, builder: Builder, x: Value) -> Value:
        return builder.add(Reshape(self.infer(x.type).shape), x)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls((0, 2)), [TensorType((1, 3, 1, 5))]
        yield cls((1,)), [TensorType((4, 1))]
        yield cls(()), [TensorType((4, 1))]
