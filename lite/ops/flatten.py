# SPDX-License-Identifier: Apache-2.0
"""flatten: a matrix whose rows are the axes before ``axis``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lite.errors import ShapeError
from lite.ir import Builder, Op, Quant, TensorType, Value
from lite.ir.dim import product
from lite.ops.reshape import Reshape


class Flatten(Op, name="flatten", quant=Quant.SAME):
    axis: int = 1

    def infer(self, x: TensorType) -> TensorType:
        if not 0 <= self.axis <= x.rank:
            raise ShapeError(f"axis is {self.axis}, expected 0 <= axis <= {x.rank}")
        return x.with_shape((product(x.shape[:self.axis]), product(x.shape[self.axis:])))

    def lower(self, builder: Builder, x: Value) -> Value:
        return builder.add(Reshape(self.infer(x.type).shape), x)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(), [TensorType((2, 3, 4, 5))]
        yield cls(axis=0), [TensorType((2, 3))]
        yield cls(axis=3), [TensorType((2, 3, 4))]
