# SPDX-License-Identifier: Apache-2.0
"""range: start, start + delta, ... up to, without, limit.

Start, limit and delta are floats for a float dtype, else whole numbers (extents).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Union

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, TensorType
from lite.ir.dim import ceil_div, maximum

Number = Union[Extent, float]


class Range(Op, name="range"):
    start: Number
    limit: Number
    delta: Number
    dtype: DType = DType.S64

    def infer(self) -> TensorType:
        numbers = (self.start, self.limit, self.delta)
        if any(isinstance(number, float) is not self.dtype.is_float for number in numbers):
            kind = "floats" if self.dtype.is_float else "whole numbers"
            raise ShapeError(f"start, limit and delta are {numbers}, expected {kind} for {self.dtype.value}")
        if self.delta == 0:
            raise ShapeError("delta is 0")
        return TensorType((self._count(),), self.dtype)

    def _count(self) -> Extent:
        if self.dtype.is_float:
            count = (self.limit - self.start) / self.delta  # type: ignore[operator]
            if not math.isfinite(count):
                raise ShapeError(f"a range from {self.start} to {self.limit} by {self.delta} has no end")
            return max(math.ceil(count), 0)
        return maximum(ceil_div(self.limit - self.start, self.delta), 0)  # type: ignore[operator, arg-type]

    def reference(self) -> np.ndarray:
        dtype = self.dtype.numpy
        start, delta = (np.asarray(number).astype(dtype) for number in (self.start, self.delta))
        return np.asarray(start + np.arange(int(self._count())).astype(dtype) * delta, dtype)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(0, 7, 1), []
        yield cls(10, -1, -3, DType.S32), []
        yield cls(5, 1, 1), []
        yield cls(0.5, 2.0, 0.25, DType.F32), []
