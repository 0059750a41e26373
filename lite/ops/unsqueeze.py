# SPDX-License-Identifier: Apache-2.0
"""unsqueeze: with axes of extent 1 put in, at the given positions of the output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lite.errors import ShapeError
from lite.ir import Builder, Op, Quant, TensorType, Value
from lite.ops._extents import check_axis
from lite.ops.reshape import Reshape


class Unsqueeze(Op, name="unsqueeze", quant=Quant.SAME):
    axes: tuple[int, ...]

    def infer(self, x: TensorType) -> TensorType:
        rank = x.rank + len(self.axes)
        for axis in self.axes:
            check_axis(axis, rank, "an axis")
        if len(set(self.axes)) != len(self.axes):
            raise ShapeError(f"axes are {list(self.axes)}, expected each once")
        rest = iter(x.shape)
        return x.with_shape(tuple(1 if axis in self.axes else next(rest) for axis in range(rank)))

    def lower(self, builder: Builder, x: Value) -> Value:
        return builder.add(Reshape(self.infer(x.type).shape), x)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls((0,)), [TensorType((3, 5))]
        yield cls((1, 3)), [TensorType((3, 5))]
        yield cls((0,)), [TensorType(())]
