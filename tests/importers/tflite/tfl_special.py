# SPDX-License-Identifier: Apache-2.0
"""Cases of sparse, packed and dynamically quantized weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from tfl_case import Case, T, case, floats, integers
from tfl_math import held
from tfl_quant import made, q
from tfl_writer import TYPES


def cases() -> Iterator[Case]:
    yield from _sparse()
    yield from _dynamic()


def _by_rows(dense: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """A matrix as rows, of which the second axis is compressed."""
    rows, columns = np.nonzero(dense)
    segments = np.searchsorted(rows, np.arange(len(dense) + 1))
    return dense[rows, columns], {
        "traversal_order": [0, 1], "dim_metadata": [
            {"dense_size": dense.shape[0]},
            {"format": 1, "array_segments": ("Int32Vector", {"values": segments}),
             "array_indices": ("Uint8Vector", {"values": columns})}],
    }  # fmt: skip


def _by_blocks(dense: np.ndarray, size: int) -> tuple[np.ndarray, dict[str, Any]]:
    """A matrix in blocks of 1 x size."""
    blocks = dense.reshape(len(dense), -1, size)
    rows, columns = np.nonzero(blocks.any(axis=2))
    segments = np.searchsorted(rows, np.arange(len(dense) + 1))
    return blocks[rows, columns].reshape(-1), {
        "traversal_order": [0, 1, 2], "block_map": [1], "dim_metadata": [
            {"dense_size": dense.shape[0]},
            {"format": 1, "array_segments": ("Uint16Vector", {"values": segments}),
             "array_indices": ("Uint16Vector", {"values": columns})},
            {"dense_size": size}],
    }  # fmt: skip


def _sparse() -> Iterator[Case]:
    dense = np.where(integers(1, 8, 12) % 3 == 0, floats(2, 8, 12), 0).astype(np.float32)
    for name, (stored, sparsity) in (("rows", _by_rows(dense)), ("blocks", _by_blocks(dense, 4))):
        tensors = {
            "x": T(floats(3, 2, 12)), "s": T(stored, True, more={"shape": dense.shape, "sparsity": sparsity}),
            "w": T(more={"shape": dense.shape}), "b": held(floats(4, 8)), "y": T(),
        }  # fmt: skip
        yield Case(f"DENSIFY_{name}", tensors, [
            ("DENSIFY", ["s"], ["w"], {}), ("FULLY_CONNECTED", ["x", "w", "b"], ["y"], {})])  # fmt: skip


def _dynamic() -> Iterator[Case]:
    """Float activations of which LiteRT makes integers as it runs, row by row; ours stay floats."""
    x, b = floats(1, 3, 40), held(floats(3, 9))
    w = T(integers(2, 9, 40, low=-127), True, 0.01, 0)
    yield case("FULLY_CONNECTED", "dynamic", x, w, b)
    scales = np.linspace(0.01, 0.02, 6).astype(np.float32)
    w = T(integers(2, 6, 3, 3, 5, low=-127), True, scales, 0, 0)
    yield case("CONV_2D", "dynamic", floats(1, 1, 6, 7, 5), w, held(floats(3, 6)),
               options={"stride_h": 1, "stride_w": 1})  # fmt: skip
    four = integers(2, 8, 30, low=-7, high=7)
    pairs = (four[:, 0::2] & 15 | four[:, 1::2] << 4).astype(np.int8)
    w = T(pairs, True, 0.05, 0, more={"shape": four.shape, "type": TYPES["INT4"]})
    bias = T(np.arange(8, dtype=np.int32) * 100, True, 0.0025, 0)
    yield case("FULLY_CONNECTED", "int4", q(1, 2, 30), w, bias, outputs=(made(scale=0.2),))
