# SPDX-License-Identifier: Apache-2.0
"""TensorProto to numpy, and external data confined to the model's folder."""

from __future__ import annotations

import math
import os
import stat
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from onnx import TensorProto

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.ir import DType

DTYPES = {
    TensorProto.FLOAT: DType.F32, TensorProto.FLOAT16: DType.F16, TensorProto.BFLOAT16: DType.BF16,
    TensorProto.DOUBLE: DType.F64, TensorProto.INT8: DType.S8, TensorProto.UINT8: DType.U8,
    TensorProto.INT16: DType.S16, TensorProto.UINT16: DType.U16, TensorProto.INT32: DType.S32,
    TensorProto.UINT32: DType.U32, TensorProto.INT64: DType.S64, TensorProto.UINT64: DType.U64,
    TensorProto.BOOL: DType.BOOL,
}  # fmt: skip
_FIELDS = {  # where a tensor without raw_data keeps its elements
    DType.F32: "float_data", DType.F64: "double_data", DType.S64: "int64_data",
    DType.U32: "uint64_data", DType.U64: "uint64_data",
}  # fmt: skip
_HALVES = {TensorProto.INT4: DType.S8, TensorProto.UINT4: DType.U8}  # two in a byte, the lower half first
MOST_BYTES = 1 << 40


def dtype_of(elem_type: int) -> DType:
    """Our element type for one of ONNX.

    Raises
    ------
    UnsupportedOpError
        For text, complex and sub-byte types.
    ModelFormatError
        For numbers that stand for no type.
    """
    if elem_type in DTYPES:
        return DTYPES[elem_type]
    if elem_type not in TensorProto.DataType.values() or elem_type == TensorProto.UNDEFINED:
        raise ModelFormatError(f"{elem_type} is no element type")
    name = TensorProto.DataType.Name(elem_type)
    raise UnsupportedOpError(
        f"tensors of {name} are not supported", hint="export the model with float32 or float16 tensors"
    )


def computed(dtype: DType) -> DType:
    """The type we compute in: 16-bit floats are computed in 32 bits."""
    return DType.F32 if dtype in (DType.F16, DType.BF16) else dtype


class TensorReader:
    """Reads the tensors of one model.

    Parameters
    ----------
    folder : Path or None
        Where external data may lie; None if the model came as bytes.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def read(self, tensor: Any) -> np.ndarray:
        """The tensor as an array; 16-bit floats become 32-bit floats, 4-bit integers 8-bit ones.

        Raises
        ------
        ModelFormatError, UnsupportedOpError
        """
        halves = _HALVES.get(tensor.data_type)
        dtype = halves or dtype_of(tensor.data_type)
        shape = tuple(tensor.dims)
        count = math.prod(shape)
        if any(extent < 0 for extent in shape) or count * dtype.size_bytes > MOST_BYTES:
            raise ModelFormatError(f"tensor {tensor.name!r} has shape {list(shape)}")
        if halves is not None:
            return _unpacked(self._elements(tensor, DType.U8, -(-count // 2)), count, halves).reshape(shape)
        return self._elements(tensor, dtype, count).reshape(shape)

    def _elements(self, tensor: Any, dtype: DType, count: int) -> np.ndarray:
        if tensor.data_location == TensorProto.EXTERNAL:
            return _from_bytes(self._external(tensor), dtype, count, tensor.name)
        if tensor.HasField("raw_data"):
            return _from_bytes(tensor.raw_data, dtype, count, tensor.name)
        return _from_field(tensor, dtype, count)

    def _external(self, tensor: Any) -> bytes:
        if self.folder is None:
            raise ModelFormatError(
                f"tensor {tensor.name!r} lies in another file",
                hint="import the model from its path, not from bytes",
            )
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        try:
            offset, length = int(entries.get("offset", "0")), int(entries.get("length", "-1"))
        except ValueError as error:
            raise ModelFormatError(f"tensor {tensor.name!r}: offset or length is no number") from error
        return read_confined(self.folder, location, offset, length, what=f"tensor {tensor.name!r}")


def read_confined(folder: Path, location: str, offset: int, length: int, *, what: str) -> bytes:
    """Bytes of a file that must lie below a folder: no way out by name, symbolic or hard link.

    Parameters
    ----------
    folder : Path
    location : str
        Relative path of the file.
    offset, length : int
        Of the part wanted; length -1: up to the end.
    what : str
        Names the reader in errors.

    Raises
    ------
    ModelFormatError
    """
    parts = PurePosixPath(location).parts
    foreign = "\\" in location or ":" in location or "\0" in location
    if not parts or foreign or location.startswith("/") or ".." in parts:
        raise ModelFormatError(f"{what} refers to {location!r}, which is no path below the model's folder")
    for step in range(1, len(parts) + 1):
        if folder.joinpath(*parts[:step]).is_symlink():
            raise ModelFormatError(
                f"{what} refers to {location!r}, which goes through a symbolic link",
                hint="copy the data file into the model's folder",
            )
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(os.open(folder.joinpath(*parts), flags), "rb") as file:
            return _part(file, offset, length, f"{what} refers to {location!r}")
    except OSError as error:
        raise ModelFormatError(
            f"{what} refers to {location!r}, which cannot be read: {error.strerror}"
        ) from error


def _part(file: Any, offset: int, length: int, what: str) -> bytes:
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        kind = "has other names (hard links)" if stat.S_ISREG(status.st_mode) else "is no ordinary file"
        raise ModelFormatError(f"{what}, which {kind}", hint="copy the data file into the model's folder")
    end = status.st_size if length == -1 else offset + length
    if offset < 0 or length < -1 or not offset <= end <= status.st_size:
        raise ModelFormatError(f"{what}, bytes {offset} to {end}, but the file has {status.st_size} bytes")
    file.seek(offset)
    content: bytes = file.read(end - offset)
    return content


def _from_bytes(raw: bytes, dtype: DType, count: int, name: str) -> np.ndarray:
    if len(raw) != count * dtype.size_bytes:
        raise ModelFormatError(
            f"tensor {name!r} has {len(raw)} bytes, expected {count * dtype.size_bytes} "
            f"({count} elements of {dtype.value})"
        )
    if dtype is DType.BF16:
        return _widened(np.frombuffer(raw, "<u2"))
    if dtype is DType.BOOL:
        return np.asarray(np.frombuffer(raw, np.uint8) != 0)
    array: np.ndarray = np.frombuffer(raw, dtype.numpy.newbyteorder("<"))
    return np.asarray(array, np.float32 if dtype is DType.F16 else dtype.numpy)


def _from_field(tensor: Any, dtype: DType, count: int) -> np.ndarray:
    elements = getattr(tensor, _FIELDS.get(dtype, "int32_data"))
    if len(elements) != count:
        raise ModelFormatError(f"tensor {tensor.name!r} has {len(elements)} elements, expected {count}")
    if dtype in (DType.F16, DType.BF16):
        bits = np.array(elements, np.int64).astype(np.uint16)
        return _widened(bits) if dtype is DType.BF16 else bits.view(np.float16).astype(np.float32)
    wide = np.uint64 if dtype is DType.U64 else np.float64 if dtype.is_float else np.int64
    return np.asarray(np.array(elements, wide), dtype.numpy)


def _unpacked(pairs: np.ndarray, count: int, dtype: DType) -> np.ndarray:
    """Integers of 4 bits, of which a byte holds two, as 8-bit ones."""
    halves = np.stack([pairs << 4, pairs & 0xF0], -1).reshape(-1)[:count]
    signed: np.ndarray = halves.view(np.int8) >> 4
    return signed if dtype is DType.S8 else halves >> 4


def _widened(bits: np.ndarray) -> np.ndarray:
    """bf16 bit patterns as f32."""
    wide: np.ndarray = bits.astype(np.uint32) << np.uint32(16)
    return wide.view(np.float32)
