# SPDX-License-Identifier: Apache-2.0
"""Bases of the ops that fold some axes into one value."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, TensorType
from lite.ops._broadcast import NUMBERS, check_axis, check_dtype


def reduced_shape(shape: tuple[Extent, ...], axes: tuple[int, ...], keepdims: bool) -> tuple[Extent, ...]:
    """The shape without the axes, or with 1 in their place."""
    if keepdims:
        return tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))
    return tuple(extent for axis, extent in enumerate(shape) if axis not in axes)


def lowest(dtype: np.dtype) -> Any:
    """The least value of an element type; -inf for floats."""
    return -np.inf if dtype.kind == "f" else False if dtype.kind == "b" else np.iinfo(dtype).min


def greatest(dtype: np.dtype) -> Any:
    """The greatest value of an element type; inf for floats."""
    return np.inf if dtype.kind == "f" else True if dtype.kind == "b" else np.iinfo(dtype).max


class Reduce(Op):
    """Fold the elements along ``axes`` (sorted, not negative, none twice; empty: nothing is folded).

    An empty extent among the axes gives the fold's neutral element (NaN for the mean).
    Floats are folded in float64 here; integers wrap around in their own type.
    """

    dtypes: ClassVar[tuple[DType, ...]] = NUMBERS
    axes: tuple[int, ...] = ()
    keepdims: bool = False

    def infer(self, x: TensorType) -> TensorType:
        check_dtype("x", x, self.dtypes)
        for axis in self.axes:
            check_axis(axis, x.rank)
        if list(self.axes) != sorted(set(self.axes)):
            raise ShapeError(f"axes are {list(self.axes)}, expected ascending ones, none twice")
        return x.with_shape(reduced_shape(x.shape, self.axes, self.keepdims))

    def function(self, x):
        raise NotImplementedError

    def folded(self, x):
        """How many elements become one."""
        return math.prod(x.shape[axis] for axis in self.axes)

    def reference(self, x):
        wide = x.astype(np.float64) if x.dtype.kind == "f" else x
        with np.errstate(all="ignore"):
            return np.asarray(self.function(wide)).astype(x.dtype)

    @classmethod
    def samples(cls):
        for shape, axes in SAMPLES:
            yield cls(axes=axes, keepdims=True), [TensorType(shape)]
        yield cls(axes=(1,)), [TensorType((3, 5, 7))]
        yield cls(axes=(0, 2)), [TensorType((3, 5, 7))]
        yield cls(axes=(0, 1)), [np.array([[np.nan, np.inf, 1.0, -2.0]], np.float32)]
        for dtype in cls.dtypes[1:]:
            values = np.arange(1, 61) % 7
            yield cls(axes=(0, 1)), [values.reshape(3, 4, 5).astype(dtype.numpy)]
            yield cls(axes=(2,)), [values.reshape(3, 4, 5).astype(dtype.numpy)]


SAMPLES: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((2, 7, 9, 33), (1, 2)),  # global pooling of NHWC
    ((2, 33, 7, 9), (2, 3)),  # and of NCHW
    ((40, 1000), (1,)),
    ((1000, 40), (0,)),
    ((3, 70, 5, 2), (0, 2)),
    ((3, 4, 2, 5), (1, 3)),
    ((2, 3, 4), (0, 1, 2)),
    ((50001,), (0,)),
    ((5, 7), ()),
    ((), ()),
    ((3, 0, 2), (1,)),
    ((0, 3), (1,)),
    ((0, 3, 3, 1), (0, 2, 3)),
    ((1, 5, 1), (0, 2)),
)
