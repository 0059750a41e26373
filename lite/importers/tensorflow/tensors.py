# SPDX-License-Identifier: Apache-2.0
"""Tensors and element types of TensorFlow as arrays and ours."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.ir import DType

_HALF, _BFLOAT16, _STRING, _REFERENCE = 19, 14, 7, 100
DTYPES = {
    1: DType.F32, 2: DType.F64, 3: DType.S32, 4: DType.U8, 5: DType.S16, 6: DType.S8, 9: DType.S64,
    10: DType.BOOL, 17: DType.U16, _HALF: DType.F16, _BFLOAT16: DType.BF16, 22: DType.U32,
    23: DType.U64,
}  # fmt: skip
_NAMES = {7: "string", 8: "complex64", 11: "qint8", 12: "quint8", 13: "qint32", 18: "complex128",
          20: "resource", 21: "variant"}  # fmt: skip
_FIELDS = {
    DType.F32: "float_val", DType.F64: "double_val", DType.S64: "int64_val", DType.BOOL: "bool_val",
    DType.U32: "uint32_val", DType.U64: "uint64_val", DType.F16: "half_val", DType.BF16: "half_val",
}  # fmt: skip
MOST_BYTES = 1 << 40
MOST_REPEATED = 1 << 28  # elements that stand for one number in the file


def dtype_of(number: int) -> DType:
    """Our element type for TensorFlow's number of one; references to variables count as what they hold.

    Raises
    ------
    UnsupportedOpError
    """
    plain = number - _REFERENCE if number > _REFERENCE else number
    if plain not in DTYPES:
        what = _NAMES.get(plain, f"type number {number}")
        raise UnsupportedOpError(
            f"tensors of {what} are not supported", hint="end the model before them, or begin behind them"
        )
    return DTYPES[plain]


def computed(dtype: DType) -> DType:
    """The type we compute in: 16-bit floats are computed in 32 bits."""
    return DType.F32 if dtype in (DType.F16, DType.BF16) else dtype


def extents_of(shape: Any) -> tuple[int, ...] | None:
    """Extents of a Shape, -1 where they are open; None if the rank is."""
    return None if shape.unknown_rank else tuple(dim.size for dim in shape.dim)


def text_of(tensor: Any) -> list[str]:
    """Elements of a tensor of text, flat.

    Raises
    ------
    ModelFormatError
        If it is none.
    """
    if tensor.dtype != _STRING:
        raise ModelFormatError(f"the tensor is of type number {tensor.dtype}, expected {_STRING} (text)")
    return [bytes(item).decode("utf-8", "replace") for item in tensor.string_val]


def read(tensor: Any) -> np.ndarray:
    """A Tensor as an array; 16-bit floats become 32-bit ones.

    Raises
    ------
    ModelFormatError, UnsupportedOpError
    """
    dtype, shape = dtype_of(tensor.dtype), extents_of(tensor.tensor_shape)
    if shape is None or any(extent < 0 for extent in shape):
        raise ModelFormatError(f"the tensor's shape is {'unknown' if shape is None else list(shape)}")
    count = math.prod(shape)
    if count * dtype.size_bytes > MOST_BYTES:
        raise ModelFormatError(f"the tensor's shape is {list(shape)}")
    if tensor.tensor_content:
        return from_bytes(tensor.tensor_content, dtype, shape)
    elements = getattr(tensor, _FIELDS.get(dtype, "int_val"))
    if len(elements) > max(count, 0) or (not elements and count):
        if not elements:  # TensorFlow leaves zeros out
            elements = [0]
        else:
            raise ModelFormatError(
                f"the tensor has {len(elements)} elements, expected {count} for {list(shape)}"
            )
    return _filled(_plain(elements, dtype), count).reshape(shape)


def _plain(elements: Any, dtype: DType) -> np.ndarray:
    if dtype in (DType.F16, DType.BF16):
        return _wide(np.array(elements, np.int64).astype(np.uint16), dtype)
    return np.array(elements, np.float64 if dtype is DType.F64 else None).astype(dtype.numpy)


def _filled(given: np.ndarray, count: int) -> np.ndarray:
    """The elements; the last one again where there are fewer than the shape has."""
    if len(given) >= count:
        return given[:count]
    if count > MOST_REPEATED:
        raise ModelFormatError(f"the tensor has {len(given)} elements for a shape of {count}")
    return np.concatenate([given, np.full(count - len(given), given[-1])])


def from_bytes(content: bytes, dtype: DType, shape: tuple[int, ...]) -> np.ndarray:
    """An array from its bytes; 16-bit floats become 32-bit ones.

    Raises
    ------
    ModelFormatError
        If there are too few or too many.
    """
    wanted = math.prod(shape) * dtype.size_bytes
    if len(content) != wanted:
        raise ModelFormatError(
            f"the tensor has {len(content)} bytes, expected {wanted} for {dtype.value}{list(shape)}"
        )
    if dtype in (DType.F16, DType.BF16):
        return _wide(np.frombuffer(content, "<u2"), dtype).reshape(shape)
    if dtype is DType.BOOL:
        return np.asarray(np.frombuffer(content, np.uint8) != 0).reshape(shape)
    array: np.ndarray = np.frombuffer(content, dtype.numpy.newbyteorder("<"))
    return array.astype(dtype.numpy, copy=False).reshape(shape)


def _wide(bits: np.ndarray, dtype: DType) -> np.ndarray:
    """Bit patterns of 16-bit floats as f32."""
    if dtype is DType.F16:
        return bits.astype(np.uint16).view(np.float16).astype(np.float32)
    wide: np.ndarray = bits.astype(np.uint32) << np.uint32(16)
    return wide.view(np.float32)
