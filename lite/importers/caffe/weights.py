# SPDX-License-Identifier: Apache-2.0
"""Weights of a .caffemodel, by the names of the layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lite.errors import ModelFormatError
from lite.importers.proto import messages

MOST_ELEMENTS = 1 << 40
_HINT = "give the file of weights (.caffemodel); the text that describes the network (.prototxt) is another"
_HDF5 = b"\x89HDF\r\n"


def read_weights(data: bytes, where: str) -> dict[str, list[np.ndarray]]:
    """Parse a .caffemodel: the blobs of each layer that has some, in float32.

    Raises
    ------
    ModelFormatError
        If the bytes are no weights, a blob's data does not fill its shape, or two layers with weights have
        one name.
    """
    from google.protobuf.message import DecodeError

    if data[: len(_HDF5)] == _HDF5:
        raise ModelFormatError(
            "found weights in HDF5, which is not read",
            where=where,
            hint="save them as protobuf: snapshot_format: BINARYPROTO",
        )
    message = messages("caffe")["Weights"]()
    try:
        message.ParseFromString(data)
    except (DecodeError, UnicodeDecodeError) as error:
        raise ModelFormatError(f"found bytes that are no Caffe weights ({error})", where=where,
                               hint=_HINT) from error  # fmt: skip
    del data  # there is a copy now, and they can be large
    found: dict[str, list[np.ndarray]] = {}
    for layer in (*message.layer, *message.layers):
        if not layer.blobs:
            continue
        at = f"{where}: layer {layer.name!r}"
        if layer.name in found:
            raise ModelFormatError("two layers with weights have this name, expected one", where=at)
        found[layer.name] = [_array(blob, f"{at}: blob {index}") for index, blob in enumerate(layer.blobs)]
    if not found:
        raise ModelFormatError("found no layer with weights", where=where, hint=_HINT)
    return found


def _array(blob: Any, where: str) -> np.ndarray:
    old = tuple(getattr(blob, name) for name in ("num", "channels", "height", "width"))
    shape = tuple(blob.shape.dim) if blob.HasField("shape") else old
    count = math.prod(shape)
    if any(extent < 0 for extent in shape) or count > MOST_ELEMENTS:
        raise ModelFormatError(f"it has shape {list(shape)}", where=where)
    stored, dtype = (blob.data, "<f4") if blob.data else (blob.double_data, "<f8")
    return _numbers(stored, dtype, count, shape, where)


def _numbers(
    stored: Sequence[bytes], dtype: str, count: int, shape: tuple[int, ...], where: str
) -> np.ndarray:
    content = stored[0] if len(stored) == 1 else b"".join(stored)
    if len(content) != count * np.dtype(dtype).itemsize:
        raise ModelFormatError(
            f"it holds {len(content)} bytes of data, expected {count * np.dtype(dtype).itemsize} for shape "
            f"{list(shape)}",
            where=where,
            hint="the file is damaged or was not written to its end",
        )
    with np.errstate(over="ignore"):
        return np.frombuffer(content, dtype).astype(np.float32, copy=False).reshape(shape)
