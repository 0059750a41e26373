# SPDX-License-Identifier: Apache-2.0
"""Golden vectors: input/output pairs bundled in a .nb, which `lite verify` runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Case:
    """One run: what went in and what must come out."""

    inputs: Arrays
    outputs: Arrays


@dataclass(frozen=True)
class Golden:
    """Cases and how far an output may differ: |difference| <= tolerance * range of the output."""

    cases: tuple[Case, ...]
    tolerance: float = 1e-4


def record(feeds: Iterable[Arrays], run: Callable[[Arrays], Arrays], *, count: int,
           tolerance: float = 1e-4) -> Golden:
    """Golden vectors from the first ``count`` feeds, with outputs computed by ``run``."""
    cases = []
    for _, feed in zip(range(count), feeds):
        inputs = {name: np.ascontiguousarray(array) for name, array in feed.items()}
        cases.append(Case(inputs, {name: np.ascontiguousarray(array) for name, array in run(inputs).items()}))
    return Golden(tuple(cases), tolerance)


def difference(got: np.ndarray, expected: np.ndarray) -> float:
    """Greatest |got - expected| over the range of ``expected``; infinite if shapes or NaNs differ."""
    if got.shape != expected.shape or got.dtype != expected.dtype:
        return float("inf")
    if expected.size == 0:
        return 0.0
    left, right = got.astype(np.float64), expected.astype(np.float64)
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    if same.all():
        return 0.0
    worst = np.max(np.where(same, 0.0, np.abs(left - right)))
    finite = right[np.isfinite(right)]
    span = float(finite.max() - finite.min()) if finite.size else 0.0
    scale = span or max(float(np.abs(finite).max(initial=0.0)), 1.0)
    return float("inf") if np.isnan(worst) else float(worst) / scale
