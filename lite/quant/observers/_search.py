# SPDX-License-Identifier: Apache-2.0
"""The range with the least loss, searched over cuts at both ends of a histogram."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from lite.quant.observers._histogram import Histogram

Loss = Callable[[np.ndarray, np.ndarray, np.ndarray], float]  # (centres, their quantized places, counts)
CUTS = np.concatenate([np.geomspace(0.02, 0.5, 24, endpoint=False), np.linspace(0.5, 1.0, 51)])
ROUNDS = 2


def search(histogram: Histogram, steps: int, loss: Loss) -> tuple[float, float]:
    """The range with the least loss: both ends cut alike at first, then each by itself."""
    centres, counts = histogram.occupied()
    low, high = min(histogram.lowest, 0.0), max(histogram.highest, 0.0)

    def cost(candidate: tuple[float, float]) -> float:
        scale = (candidate[1] - candidate[0]) / steps
        zero = np.rint(-candidate[0] / scale)
        places = np.clip(np.rint(centres / scale) + zero, 0, steps)
        return loss(centres, (places - zero) * scale, counts)

    best = _best(((low * cut, high * cut) for cut in CUTS), cost)
    if low < 0 < high:
        for _ in range(ROUNDS):
            best = _best(((low * cut, best[1]) for cut in CUTS), cost)
            best = _best(((best[0], high * cut) for cut in CUTS), cost)
    return best


def _best(candidates: Iterable[tuple[float, float]],
          cost: Callable[[tuple[float, float]], float]) -> tuple[float, float]:
    """The candidate of least cost; of equal ones the widest, which comes last."""
    listed = list(candidates)
    costs = [cost(candidate) for candidate in listed]
    return min(zip(costs, reversed(range(len(listed))), listed))[2] if listed else (0.0, 0.0)
