# SPDX-License-Identifier: Apache-2.0
"""Bases of the ops y = f(a, b), element by element, with numpy's broadcasting."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from lite.ir import DType, Op, TensorType
from lite.ops._broadcast import INTEGERS, NUMBERS, broadcast, check_dtype, check_same_dtype

SHAPES = (
    ((2, 3, 4, 5), (2, 3, 4, 5)),
    ((7001, 5), (7001, 5)),
    ((2, 3, 4, 5), ()),
    ((1,), (2, 3, 4, 5)),
    ((2, 6, 6, 24), (24,)),
    ((24,), (2, 6, 6, 24)),
    ((2, 3, 6, 7), (3, 1, 1)),
    ((2, 5, 6, 33), (2, 1, 1, 33)),
    ((300, 70, 3), (3,)),
    ((4, 1, 6, 1), (5, 1, 7)),
    ((5, 37), (5, 1)),
    ((), ()),
    ((0, 3), (3,)),
)


class Binary(Op):
    """Elementwise on two operands of the same type, which may be broadcast.

    ``function`` says what it computes; floats reach it as float64 and are rounded once at the end.
    Integers wrap around on overflow.
    """

    dtypes: ClassVar[tuple[DType, ...]] = NUMBERS
    range_ulps: ClassVar[float] = 0.0
    result: ClassVar[DType | None] = None  # None: that of the operands

    def infer(self, a: TensorType, b: TensorType) -> TensorType:
        check_dtype("a", a, self.dtypes)
        check_same_dtype(a, b)
        return TensorType(broadcast(a.shape, b.shape), self.result or a.dtype)

    def function(self, a, b):
        raise NotImplementedError

    def reference(self, a, b):
        dtype = a.dtype if self.result is None else self.result.numpy
        if a.dtype.kind == "f":
            a, b = a.astype(np.float64), b.astype(np.float64)
        with np.errstate(all="ignore"):
            return np.asarray(self.function(a, b)).astype(dtype)

    @classmethod
    def variants(cls):
        """The attributes that samples try."""
        yield cls()

    @classmethod
    def samples(cls):
        for variant in cls.variants():
            for a, b in SHAPES:
                yield variant, [TensorType(a, cls.dtypes[0]), TensorType(b, cls.dtypes[0])]
            for dtype in cls.dtypes:
                yield variant, cls.pairs(dtype)
                yield variant, [TensorType((3, 4, 17), dtype), TensorType((4, 1), dtype)]

    @classmethod
    def pairs(cls, dtype):
        """Every special value against every other one."""
        values = special_values(dtype)
        return [np.repeat(values, len(values)), np.tile(values, len(values))]


class Comparison(Binary):
    """Gives bool; NaN is unordered, as in IEEE 754."""

    result: ClassVar[DType | None] = DType.BOOL


class Logical(Binary):
    """Bool to bool."""

    dtypes: ClassVar[tuple[DType, ...]] = (DType.BOOL,)


class Bitwise(Binary):
    """Bit by bit on integers."""

    dtypes: ClassVar[tuple[DType, ...]] = INTEGERS


def special_values(dtype: DType) -> np.ndarray:
    """The corners of an element type."""
    if dtype is DType.BOOL:
        return np.array([False, True])
    if dtype.is_float:
        limits = np.finfo(dtype.numpy)
        return np.array([0, -0.0, 1, -1, 0.5, -3.5, 2, 7, -7.25, limits.tiny, limits.max, -limits.max, np.inf,
                         -np.inf, np.nan], dtype.numpy)  # fmt: skip
    bounds = np.iinfo(dtype.numpy)
    values = [0, 1, 2, 3, 7, 100, bounds.max - 1, bounds.max]
    negative = [-1, -2, -7, bounds.min + 1, bounds.min] if bounds.min < 0 else []
    return np.array(values + negative, dtype.numpy)
