# SPDX-License-Identifier: Apache-2.0
"""Reads a checkpoint: a sorted table of entries (.index), and the bytes that they point at (.data-*)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lite.errors import FileError, LiteError, ModelFormatError, UnsupportedOpError
from lite.importers import read_bytes
from lite.importers.proto import messages
from lite.importers.tensorflow.tensors import MOST_BYTES, dtype_of, extents_of, from_bytes

_MAGIC = 0xDB4775248B80FB57
_FOOTER_BYTES, _TRAILER_BYTES, _PLAIN = 48, 5, 0  # a trailer: how it is compressed, and a checksum
_MOST_VARINT_BYTES = 10


class Checkpoint:
    """Arrays by their keys.

    Parameters
    ----------
    prefix : Path
        Of the files: ``prefix``.index, ``prefix``.data-00000-of-00001.

    Raises
    ------
    FileError, ModelFormatError
        If the index cannot be read.
    """

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self.index = prefix.with_name(prefix.name + ".index")
        try:
            rows = dict(_table(read_bytes(self.index)))
            self.shards = max(self._message("BundleHeader", rows.pop(b"", b"")).num_shards, 1)
            self.entries = {key.decode("utf-8", "replace"): content for key, content in rows.items()}
        except LiteError as error:
            error.where = error.where or str(self.index)
            raise
        except (IndexError, struct.error) as error:
            raise ModelFormatError("the table ends early", where=str(self.index)) from error

    def read(self, key: str) -> np.ndarray:
        """One array; 16-bit floats become 32-bit ones.

        Raises
        ------
        FileError, ModelFormatError, UnsupportedOpError
        """
        if key not in self.entries:
            raise ModelFormatError(f"the checkpoint has no {key!r}", where=str(self.index))
        try:
            return self._array(self._message("BundleEntry", self.entries[key]))
        except LiteError as error:
            error.where = error.where or f"{self.index}: {key!r}"
            raise

    def _message(self, name: str, content: bytes) -> Any:
        from google.protobuf.message import DecodeError

        message = messages("tensorflow")[name]()
        try:
            message.ParseFromString(content)
        except DecodeError as error:
            raise ModelFormatError(f"an entry of the table is damaged ({error})") from error
        return message

    def _array(self, entry: Any) -> np.ndarray:
        if entry.slices:
            raise UnsupportedOpError("the variable is stored in slices", hint="save the model unpartitioned")
        shape = extents_of(entry.shape)
        if shape is None or any(extent < 0 for extent in shape) or not 0 <= entry.size <= MOST_BYTES:
            raise ModelFormatError(f"its shape is {shape} in {entry.size} bytes")
        name = f"{self.prefix.name}.data-{entry.shard_id:05d}-of-{self.shards:05d}"
        content = _part(self.prefix.with_name(name), entry.offset, entry.size)
        return from_bytes(content, dtype_of(entry.dtype), shape)


def _part(path: Path, offset: int, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            length = file.seek(0, 2)
            if not 0 <= offset <= offset + size <= length:
                raise ModelFormatError(
                    f"it is bytes {offset} to {offset + size} of {path.name}, which has {length}"
                )
            file.seek(offset)
            return file.read(size)
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and contents of a sorted table: its last bytes say where the index of its blocks is."""
    footer = data[-_FOOTER_BYTES:]
    if len(footer) < _FOOTER_BYTES or struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise ModelFormatError("this is no index of a checkpoint: its last bytes are not those of one")
    place = _varint(footer, _varint(footer, 0)[1])[1]  # behind the handle of the block of metadata
    for _, handle in _block(data, footer, place):
        yield from _block(data, handle, 0)


def _block(data: bytes, handle: bytes, place: int) -> Iterator[tuple[bytes, bytes]]:
    """Rows of the block that a handle points at. A key shares a part with the key before it."""
    offset, place = _varint(handle, place)
    size, _ = _varint(handle, place)
    if offset + size + _TRAILER_BYTES > len(data):
        raise ModelFormatError(f"a block lies at bytes {offset} to {offset + size} of {len(data)}")
    if data[offset + size] != _PLAIN:
        raise UnsupportedOpError(
            "the table is compressed", hint="save the checkpoint again with TensorFlow's own saver"
        )
    block = data[offset : offset + size]
    end = size - 4 - 4 * struct.unpack("<I", block[-4:])[0]  # behind the rows: where some of them begin
    key, at = b"", 0
    while at < end:
        shared, at = _varint(block, at)
        added, at = _varint(block, at)
        length, at = _varint(block, at)
        if shared > len(key) or at + added + length > end:
            raise ModelFormatError("a row of the table is damaged")
        key = key[:shared] + block[at : at + added]
        yield key, block[at + added : at + added + length]
        at += added + length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number in parts of 7 bits, and where it ends."""
    number = 0
    for position in range(_MOST_VARINT_BYTES):
        byte = data[place + position]
        number |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            return number, place + position + 1
    raise ModelFormatError("a number of the table is too long")
