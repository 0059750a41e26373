# SPDX-License-Identifier: Apache-2.0
"""bit_cast: the same bits as elements of another type of the same size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, TensorType
from lite.ops._broadcast import ANY, check_dtype


class BitCast(Op, name="bit_cast"):
    """Bools are bytes of 0 or 1: they may be looked at as bytes, but no bytes as bools."""

    to: DType
    range_ulps = 0.0

    def infer(self, x: TensorType) -> TensorType:
        check_dtype("x", x, ANY)
        check_dtype("the result", x.with_dtype(self.to), ANY)
        if x.dtype.size_bytes != self.to.size_bytes:
            raise ShapeError(f"elements are {x.dtype.value} of {x.dtype.size_bytes} bytes, expected the "
                             f"{self.to.size_bytes} of {self.to.value}")
        if self.to is DType.BOOL and x.dtype is not DType.BOOL:
            raise ShapeError(f"elements are {x.dtype.value}, whose bits are no bools")
        return x.with_dtype(self.to)

    def reference(self, x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(x).view(self.to.numpy).reshape(x.shape)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        floats = np.array([0, -0.0, 1.5, -2, 1e-40, np.inf], np.float32)
        yield cls(DType.S32), [floats]
        yield cls(DType.F32), [floats.view(np.int32).reshape(2, 3)]
        yield cls(DType.S64), [floats.astype(np.float64)]
        yield cls(DType.F64), [floats.astype(np.float64).view(np.int64)]
        yield cls(DType.S8), [TensorType((5, 7), DType.U8)]
        yield cls(DType.U8), [TensorType((9,), DType.BOOL)]
        yield cls(DType.U16), [TensorType((3,), DType.F16)]
        yield cls(DType.S32), [TensorType((), DType.U32)]
