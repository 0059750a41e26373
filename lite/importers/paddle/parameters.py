# SPDX-License-Identifier: Apache-2.0
"""Paddle's parameter files: one record a variable, in one file or in a file each.

A record is: u32 0, u64 LoD levels (each: u64 byte count, then that many bytes), u32 0, i32 size of the tensor
description, the description (protobuf TensorDesc), and the elements, little-endian, in C order.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lite.errors import FileError, ModelFormatError, UnsupportedOpError
from lite.importers.paddle.program import LOD_TENSOR, Program, Variable
from lite.importers.proto import messages

ELEMENTS = {
    0: "?",
    1: "<i2",
    2: "<i4",
    3: "<i8",
    4: "<f2",
    5: "<f4",
    6: "<f8",
    20: "u1",
    21: "i1",
    22: "<u2",
}
_BF16 = 22
_FLOATS = (4, 5, 6, _BF16)
_QUANTIZED = (
    1,
    21,
)  # PaddleSlim stores int8 and int16 weights under the float type that the program declares
_LARGEST_DESCRIPTION = 1 << 16
_WRONG_FILE = "the parameter file is damaged or belongs to another model"


def read_combined(program: Program, source: Path | bytes) -> dict[str, np.ndarray]:
    """Arrays of all parameters of a program from one file, every byte of which is accounted for.

    Raises
    ------
    ModelFormatError
        If the file is too short or too long, or a record does not fit its variable.
    """
    where = "the parameter buffer" if isinstance(source, bytes) else str(source)
    with _open(source) as stream:
        records = _Records(stream, where)
        variables = program.parameters()
        arrays = {variable.name: records.next(variable) for variable in variables}
        if records.remaining_bytes:
            last = (
                f"after the last of {len(variables)} variables ({variables[-1].name!r})"
                if variables
                else "but the program has no parameters"
            )
            raise ModelFormatError(
                f"found {records.size_bytes} bytes, expected {records.offset}: "
                f"{records.remaining_bytes} are left {last}",
                where=where,
                hint=_WRONG_FILE,
            )
    return arrays


def read_separate(program: Program, folder: Path) -> dict[str, np.ndarray]:
    """Arrays of all parameters of a program from files named as the variables.

    Raises
    ------
    ModelFormatError
        If files are missing (all are listed) or damaged.
    """
    variables = program.parameters()
    paths = {variable.name: _inside(folder, variable.name) for variable in variables}
    missing = [name for name, path in paths.items() if not path.is_file()]
    if missing:
        shown = ", ".join(missing[:10]) + (", ..." if len(missing) > 10 else "")
        raise ModelFormatError(
            f"{len(missing)} of {len(variables)} parameter files are missing: {shown}",
            where=str(folder),
            hint="copy the whole folder, or give the combined file as param_file",
        )
    arrays = {}
    for variable in variables:
        path = paths[variable.name]
        with _open(path) as stream:
            records = _Records(stream, str(path))
            arrays[variable.name] = records.next(variable)
            if records.remaining_bytes:
                raise ModelFormatError(
                    f"found {records.size_bytes} bytes, expected {records.offset} for variable "
                    f"{variable.name!r}",
                    where=str(path),
                    hint=_WRONG_FILE,
                )
    return arrays


def _inside(folder: Path, name: str) -> Path:
    """The file of a variable; a name that leads out of the folder is an attack or damage."""
    path = folder / name
    if "\0" in name or not path.resolve().is_relative_to(folder.resolve()):
        raise ModelFormatError(
            f"variable {name!r} names a file outside the model's folder", where=str(folder)
        )
    return path


def _open(source: Path | bytes) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    try:
        return source.open("rb")
    except OSError as error:
        raise FileError(f"cannot read the parameters: {error.strerror}", where=str(source)) from error


def elements(data: bytes, dtype: int, dims: tuple[int, ...]) -> np.ndarray:
    """A tensor of its bytes, by Paddle's number of the element type; bf16 becomes float32."""
    array = np.frombuffer(data, ELEMENTS[dtype]).reshape(dims)
    return (array.astype(np.uint32) << 16).view(np.float32) if dtype == _BF16 else array


class _Records:
    """Records of one stream, each checked against its variable before anything is allocated."""

    def __init__(self, stream: BinaryIO, where: str) -> None:
        self.stream = stream
        self.where = where
        self.size_bytes = stream.seek(0, io.SEEK_END)
        self.offset = 0
        stream.seek(0)

    @property
    def remaining_bytes(self) -> int:
        return self.size_bytes - self.offset

    def next(self, variable: Variable) -> np.ndarray:
        if variable.kind != LOD_TENSOR:
            raise UnsupportedOpError(
                f"parameter {variable.name!r} is no dense tensor (kind {variable.kind})",
                where=self.where,
                hint="only dense parameters are supported",
            )
        self._zero("<I", variable)
        for _ in range(self._lod_levels(variable)):
            self._take(self._number("<Q", variable), variable)
        self._zero("<I", variable)
        dtype, dims = self._description(variable)
        return self._elements(dtype, dims, variable)

    def _elements(self, dtype: int, dims: tuple[int, ...], variable: Variable) -> np.ndarray:
        count = 1
        for extent in dims:
            count *= extent
        return elements(self._take(count * np.dtype(ELEMENTS[dtype]).itemsize, variable), dtype, dims)

    def _description(self, variable: Variable) -> tuple[int, tuple[int, ...]]:
        """Element type and extents, as stored; they must be those that the program declares."""
        from google.protobuf.message import DecodeError

        size = self._number("<i", variable)
        if not 0 < size <= _LARGEST_DESCRIPTION:
            raise self._error(f"found a tensor description of {size} bytes", variable)
        description = messages("framework")["TensorDesc"]()
        try:
            description.ParseFromString(self._take(size, variable))
        except DecodeError as error:
            raise self._error("found a tensor description that does not parse", variable) from error
        dtype, dims = description.data_type, tuple(description.dims)
        if dtype not in ELEMENTS or any(extent < 0 for extent in dims):
            raise self._error(f"found element type {dtype} and shape {list(dims)}", variable)
        as_declared = dtype == variable.dtype or (dtype in _QUANTIZED and variable.dtype in _FLOATS)
        if not as_declared or not _fits(dims, variable.dims):
            raise self._error(
                f"found element type {dtype} and shape {list(dims)}, expected type {variable.dtype} "
                f"and shape {list(variable.dims)}",
                variable,
            )
        return dtype, dims

    def _lod_levels(self, variable: Variable) -> int:
        levels: int = self._number("<Q", variable)
        if levels * 8 > self.remaining_bytes:
            raise self._error(f"found {levels} LoD levels, expected none", variable)
        return levels

    def _zero(self, layout: str, variable: Variable) -> None:
        version = self._number(layout, variable)
        if version != 0:
            raise self._error(f"found record version {version}, expected 0", variable)

    def _number(self, layout: str, variable: Variable) -> Any:
        return struct.unpack(layout, self._take(struct.calcsize(layout), variable))[0]

    def _take(self, size_bytes: int, variable: Variable) -> bytes:
        if size_bytes > self.remaining_bytes:
            raise self._error(
                f"found {self.size_bytes} bytes, expected at least {self.offset + size_bytes}", variable
            )
        self.offset += size_bytes
        return self.stream.read(size_bytes)

    def _error(self, message: str, variable: Variable) -> ModelFormatError:
        return ModelFormatError(
            f"{message}, for variable {variable.name!r} at byte {self.offset}",
            where=self.where,
            hint=_WRONG_FILE,
        )


def _fits(dims: tuple[int, ...], declared: tuple[int, ...]) -> bool:
    """Extents of 1 may come and go, as Paddle and PaddleSlim do it; -1 declares any extent."""
    if [extent for extent in dims if extent != 1] == [extent for extent in declared if extent != 1]:
        return True
    return len(dims) == len(declared) and all(want in (-1, got) for got, want in zip(dims, declared))
