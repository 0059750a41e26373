# SPDX-License-Identifier: Apache-2.0
"""Weights that are mostly zeros, in a .nb: what is no zero, and where. csrc/base/sparse.h has the layout."""

from __future__ import annotations

from typing import Any

import numpy as np

from lite.ir import DType, Node

ALIGNMENT = 64
MOST_COLUMNS = 1 << 16
# How fast the kernels are with groups of so many output channels, as a share of the processor's peak.
SHARES = {1: 0.45, 2: 0.68, 4: 0.77}
_HEADER = np.dtype([("n", "<u4"), ("k", "<u4"), ("rows", "<u4"), ("stored", "<u4")])


def fits(node: Node, position: int) -> bool:
    """Whether the constant at an input position could be stored so: floats of a plain 1 x 1 convolution."""
    value = node.input(position)
    if position != 1 or node.op.name != "conv2d" or value is None or value.array is None:
        return False
    attributes: dict[str, Any] = node.op.attributes()
    out, channels, *window = value.array.shape
    plain = (attributes["layout"] == "nhwc" and attributes["groups"] == 1 and attributes["strides"] == (1, 1)
             and attributes["pads"] == (0, 0, 0, 0))
    return (plain and value.type.dtype is DType.F32 and window == [1, 1] and channels <= MOST_COLUMNS
            and out * channels > 1)


def zeros_share(array: np.ndarray) -> float:
    """The part of the elements that are zero."""
    return 1.0 - np.count_nonzero(array) / array.size if array.size else 0.0


def encode(array: np.ndarray) -> np.ndarray:
    """The bytes of weights [n, k, 1, 1], in the groups whose product is fastest."""
    matrix = array.reshape(array.shape[:2])
    groups = {rows: _grouped(matrix, rows) for rows in SHARES}
    used = {rows: np.any(group != 0, axis=1) for rows, group in groups.items()}
    rows = min(SHARES, key=lambda rows: np.count_nonzero(used[rows]) * rows / SHARES[rows])
    places, values = used[rows], groups[rows]
    counts = np.count_nonzero(places, axis=1)
    begins = np.concatenate([[0], np.cumsum(counts)]).astype("<u4")
    group, column = np.nonzero(places)
    header = np.array((*matrix.shape, rows, len(column)), _HEADER)
    index = b"".join([header.tobytes(), begins.tobytes(), column.astype("<u2").tobytes()])
    index += bytes(-len(index) % ALIGNMENT)
    stored = np.ascontiguousarray(values[group, :, column], "<f4")
    return np.frombuffer(index + stored.tobytes(), np.uint8)


def _grouped(matrix: np.ndarray, rows: int) -> np.ndarray:
    """[n, k] as [ceil(n / rows), rows, k], zeros behind the last."""
    n, k = matrix.shape
    groups = -(-n // rows)
    filled = np.zeros((groups * rows, k), matrix.dtype)
    filled[:n] = matrix
    return filled.reshape(groups, rows, k)


def decode(data: bytes, shape: tuple[int, ...]) -> np.ndarray:
    """The weights of a shape that ``encode`` made bytes of.

    Raises
    ------
    ValueError
        If the bytes are not such weights.
    """
    if len(data) < _HEADER.itemsize or len(shape) != 4 or shape[2:] != (1, 1):
        raise ValueError(f"{len(data)} bytes cannot be sparse weights {list(shape)}")
    n, k, rows, stored = (int(number) for number in np.frombuffer(data, _HEADER, 1)[0])
    if (n, k) != shape[:2] or rows not in SHARES:
        raise ValueError(f"sparse weights [{n}, {k}] in groups of {rows}, expected {list(shape[:2])}")
    groups = -(-n // rows)
    columns_at = _HEADER.itemsize + 4 * (groups + 1)
    values_at = -(-(columns_at + 2 * stored) // ALIGNMENT) * ALIGNMENT
    if len(data) != values_at + 4 * rows * stored:
        raise ValueError(f"sparse weights have {len(data)} bytes, expected {values_at + 4 * rows * stored}")
    begins = np.frombuffer(data, "<u4", groups + 1, _HEADER.itemsize).astype(np.int64)
    columns = np.frombuffer(data, "<u2", stored, columns_at)
    counts = np.diff(begins)
    if begins[0] != 0 or begins[-1] != stored or (counts < 0).any() or (columns >= k).any():
        raise ValueError("the columns of sparse weights do not fit")
    values = np.frombuffer(data, "<f4", rows * stored, values_at).reshape(stored, rows)
    matrix = np.zeros((groups, rows, k), np.float32)
    matrix[np.repeat(np.arange(groups), counts), :, columns] = values
    return matrix.reshape(groups * rows, k)[:n].reshape(shape)
