# SPDX-License-Identifier: Apache-2.0
"""Constants as arrays: plain bytes, two integers of 4 bits a byte, and sparse tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.proto import flat
from lite.importers.tflite.model import Tensor

MOST_SPARSE = 1024  # elements for each stored one that a sparse tensor may have ...
ALWAYS_DENSE = 1 << 20  # ... if they are more than so many


def read_array(tensor: Tensor) -> np.ndarray:
    """Content of a constant.

    Raises
    ------
    ModelFormatError
        If the bytes are not those of its shape.
    UnsupportedOpError
    """
    assert tensor.content is not None
    if tensor.record.sparsity is not None:
        return _dense(tensor)
    count = math.prod(tensor.shape)
    return _elements(tensor, count).reshape(tensor.shape)


def _elements(tensor: Tensor, count: int) -> np.ndarray:
    """So many elements from the bytes of a tensor."""
    content, dtype = tensor.content, tensor.dtype.numpy
    assert content is not None
    packed = tensor.word == "INT4"
    expected = (count + 1) // 2 if packed else count * dtype.itemsize
    if len(content) != expected:
        raise ModelFormatError(
            f"tensor {tensor.index} ({tensor.name!r}) of {tensor.word}{list(tensor.shape)} has "
            f"{len(content)} bytes, expected {expected}"
        )
    if packed:
        return _unpacked(content)[:count]
    if dtype == np.bool_:
        return np.asarray(content != 0)
    content = content if content.ctypes.data % dtype.itemsize == 0 else content.copy()
    return np.asarray(content.view(dtype))


def _unpacked(content: np.ndarray) -> np.ndarray:
    """Two signed integers of 4 bits from each byte, the lower bits first."""
    pairs = np.stack([content << 4, content & 0xF0], axis=1).reshape(-1)
    return np.asarray(pairs.view(np.int8) >> 4)


def _dense(tensor: Tensor) -> np.ndarray:
    """All elements of a tensor that stores those which are not 0, perhaps in blocks.

    Its axes are walked in ``traversal_order``, those of the blocks last. A dense axis has a place for each
    index; of a compressed one, segments say which part of a list of indices belongs to each place before.
    """
    sparsity, rank = tensor.record.sparsity, len(tensor.shape)
    block_axes = [int(axis) for axis in sparsity.block_map]
    order = [int(axis) for axis in sparsity.traversal_order]
    axes = rank + len(block_axes)
    if sorted(order) != list(range(axes)) or len(sparsity.dim_metadata) != axes or not all(
            0 <= axis < rank for axis in block_axes):
        raise _wrong(tensor, f"its traversal order is {order}, its blocks lie along {block_axes}")
    extents = _extents(tensor, order, block_axes, sparsity.dim_metadata)
    places = [np.zeros(1, np.int64)]
    for axis, metadata in zip(order, sparsity.dim_metadata):
        parents, indices = _level(tensor, metadata, len(places[0]), extents[axis])
        places = [place[parents] for place in places] + [indices]
    stored = len(places[0])
    values = _elements(tensor, stored)
    by_axis = dict(zip(order, places[1:]))
    at = [by_axis[axis] for axis in range(rank)]
    for block, axis in enumerate(block_axes):
        at[axis] = at[axis] * extents[rank + block] + by_axis[rank + block]
    result = np.zeros(tensor.shape, values.dtype)
    result[tuple(at)] = values
    return result


def _extents(tensor: Tensor, order: Sequence[int], block_axes: Sequence[int],
             metadata: Sequence[flat.Record]) -> list[int]:
    """Extents by axis: of the blocks' counts, then of the blocks."""
    rank = len(tensor.shape)
    blocks = [int(metadata[order.index(rank + number)].dense_size) for number in range(len(block_axes))]
    counts = list(tensor.shape)
    for axis, size in zip(block_axes, blocks):
        if size < 1 or counts[axis] % size:
            raise _wrong(tensor, f"blocks of {size} do not divide the extent {counts[axis]}")
        counts[axis] //= size
    stored = len(tensor.content) if tensor.content is not None else 0
    if math.prod(tensor.shape) > max(MOST_SPARSE * stored, ALWAYS_DENSE):
        raise UnsupportedOpError(
            f"tensor {tensor.index} ({tensor.name!r}) has {math.prod(tensor.shape)} elements, and stores "
            f"{stored} bytes of them", hint="convert the model without sparse weights")
    return counts + blocks


def _level(tensor: Tensor, metadata: flat.Record, parents: int, extent: int) -> tuple[np.ndarray, np.ndarray]:
    """For each place after an axis: the place before it, and its index."""
    if metadata.format == 0:
        if metadata.dense_size != extent:
            raise _wrong(tensor, f"an axis has the extent {metadata.dense_size}, expected {extent}")
        if parents * extent > math.prod(tensor.shape):
            raise _wrong(tensor, f"{parents} places of {extent} elements are more than it has")
        return np.repeat(np.arange(parents), extent), np.tile(np.arange(extent), parents)
    segments, indices = (_numbers(union) for union in (metadata.array_segments, metadata.array_indices))
    counts = np.diff(segments)
    if len(segments) != parents + 1 or segments[0] != 0 or np.any(counts < 0) or segments[-1] != len(indices):
        found = f"{len(segments)} segments do not fit {parents} places and {len(indices)} indices"
        raise _wrong(tensor, found)
    if np.any((indices < 0) | (indices >= extent)):
        raise _wrong(tensor, f"an index is {indices.max()}, expected less than {extent}")
    return np.repeat(np.arange(parents), counts), indices


def _numbers(vector: flat.Record | None) -> np.ndarray:
    return np.zeros(0, np.int64) if vector is None else np.asarray(vector.values, np.int64)


def _wrong(tensor: Tensor, why: str) -> ModelFormatError:
    return ModelFormatError(f"sparse tensor {tensor.index} ({tensor.name!r}): {why}")
