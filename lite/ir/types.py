# SPDX-License-Identifier: Apache-2.0
"""Element types and tensor types."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np

from lite.errors import UnsupportedOpError
from lite.ir.dim import Extent, is_static, product


class DType(enum.Enum):
    """Element type; the value is the word used in text, names and the .nb (order as in nb.fbs)."""

    F32 = "f32"
    F16 = "f16"
    BF16 = "bf16"
    F64 = "f64"
    S8 = "s8"
    U8 = "u8"
    S16 = "s16"
    U16 = "u16"
    S32 = "s32"
    U32 = "u32"
    S64 = "s64"
    U64 = "u64"
    BOOL = "bool"

    @property
    def numpy(self) -> np.dtype:
        """The numpy dtype (bf16 has none and raises)."""
        if self is DType.BF16:
            raise UnsupportedOpError("numpy has no bf16", hint="convert the model's bf16 tensors to f32")
        return np.dtype(_NUMPY[self])

    @property
    def size_bytes(self) -> int:
        return 2 if self is DType.BF16 else self.numpy.itemsize

    @property
    def is_float(self) -> bool:
        return self in (DType.F32, DType.F16, DType.BF16, DType.F64)

    @staticmethod
    def of(array: np.ndarray | np.dtype | type) -> DType:
        """The element type of an array or numpy dtype.

        Raises
        ------
        UnsupportedOpError
            For complex, text and object arrays.
        """
        dtype = array.dtype if isinstance(array, (np.ndarray, np.generic)) else np.dtype(array)
        for word, candidate in _NUMPY.items():
            if np.dtype(candidate) == dtype:
                return word
        raise UnsupportedOpError(f"element type {dtype} is not supported",
                                 hint=f"use one of {', '.join(word.value for word in DType)}")


_NUMPY = {
    DType.F32: "float32", DType.F16: "float16", DType.F64: "float64",
    DType.S8: "int8", DType.U8: "uint8", DType.S16: "int16", DType.U16: "uint16",
    DType.S32: "int32", DType.U32: "uint32", DType.S64: "int64", DType.U64: "uint64",
    DType.BOOL: "bool",
}  # fmt: skip


@dataclass(frozen=True)
class TensorType:
    """Shape (ints and formulas) and element type."""

    shape: tuple[Extent, ...]
    dtype: DType = DType.F32

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def count(self) -> Extent:
        """Number of elements."""
        return product(self.shape)

    @property
    def is_static(self) -> bool:
        return is_static(self.shape)

    def with_shape(self, shape: tuple[Extent, ...] | list[Extent]) -> TensorType:
        return TensorType(tuple(shape), self.dtype)

    def with_dtype(self, dtype: DType) -> TensorType:
        return TensorType(self.shape, dtype)

    @staticmethod
    def of(array: np.ndarray) -> TensorType:
        return TensorType(tuple(int(extent) for extent in array.shape), DType.of(array))

    def __str__(self) -> str:
        return f"{self.dtype.value}[{', '.join(map(str, self.shape))}]"
