# SPDX-License-Identifier: Apache-2.0
"""Indices that are data: a negative one counts from the end; what is still outside is clamped."""

from __future__ import annotations

import numpy as np

from lite.errors import ShapeError
from lite.ir.types import DType, TensorType

REDUCTIONS = ("none", "add", "mul", "max", "min")


def check_indices(indices: TensorType) -> None:
    """Refuse indices that are not s32 or s64."""
    if indices.dtype not in (DType.S32, DType.S64):
        raise ShapeError(f"the indices are {indices.dtype.value}, expected s32 or s64")


def within(indices: np.ndarray, extent: int) -> np.ndarray:
    """Indices in [0, extent): wrapped once, then clamped."""
    indices = indices.astype(np.int64)
    return np.clip(np.where(indices < 0, indices + extent, indices), 0, max(extent - 1, 0))


def scatter(y: np.ndarray, places: tuple[np.ndarray, ...], updates: np.ndarray, reduction: str) -> None:
    """Write updates into y, in row-major order: of equal places the last one wins, or all are reduced."""
    if reduction == "none":
        y[places] = updates
        return
    fold = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}[reduction]
    fold.at(y, places, updates)
