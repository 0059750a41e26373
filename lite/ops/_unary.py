# SPDX-License-Identifier: Apache-2.0
"""Base of the ops y = f(x), element by element."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from lite.ir import DType, Op, TensorType
from lite.ops._broadcast import FLOATS, check_dtype

SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-45, -1e-40, 1.1754944e-38,
                    3.4028235e38, -3.4028235e38, 8388607.5, -8388609.0, 1e10, np.inf, -np.inf, np.nan],
                   np.float32)


class Unary(Op):
    """Elementwise: the output has the type of the input.

    ``function`` says what it computes. Floats reach it as float64 and are rounded once at the end, so the
    reference is the correctly rounded result (but for double rounding); integers stay what they are.
    Attributes are single precision, as in the .nb.
    """

    dtypes: ClassVar[tuple[DType, ...]] = FLOATS
    ulps: ClassVar[float] = 4.0
    range_ulps: ClassVar[float] = 0.0
    sweep: ClassVar[tuple[float, float]] = (-20.0, 20.0)  # where samples look closely

    def infer(self, x: TensorType) -> TensorType:
        check_dtype("x", x, self.dtypes)
        return x

    def function(self, x):
        raise NotImplementedError

    def reference(self, x):
        wide = x.astype(np.float64) if x.dtype.kind == "f" else x
        with np.errstate(all="ignore"):
            return self.function(wide).astype(x.dtype)

    @classmethod
    def variants(cls):
        """The attributes that samples try."""
        yield cls()

    @classmethod
    def samples(cls):
        for variant in cls.variants():
            yield variant, [TensorType((1, 3, 5, 7))]
            yield variant, [SPECIAL]
            yield variant, [np.linspace(*cls.sweep, 1023, dtype=np.float32)]
        yield variant, [TensorType((5, 7001))]
        yield variant, [TensorType(())]
        yield variant, [TensorType((0, 4))]
        for dtype in cls.dtypes[1:]:
            yield variant, [cls.sample_of(dtype)]

    @classmethod
    def sample_of(cls, dtype):
        """A sample of another element type than f32."""
        if dtype.is_float:
            return np.linspace(*cls.sweep, 67).astype(dtype.numpy)
        limits = np.iinfo(dtype.numpy)
        ends = (limits.min, limits.min + 1, limits.max - 1, limits.max)
        return np.array([*range(0, 60), 100, *ends], dtype.numpy)
