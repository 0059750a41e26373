# SPDX-License-Identifier: Apache-2.0
"""moving_average: the mean of each sample's extremes, late samples weighing more; outliers count little."""

from __future__ import annotations

import numpy as np

from lite.ir.types import DType
from lite.quant.observers._observer import Observer, Range

RATE = 0.99  # weight of all earlier samples together, in the long run


class MovingAverage(Observer):
    """Keeps two means; their weights add up to 1 from the first sample on."""

    def __init__(self, dtype: DType = DType.S8, percentile: float = 0.99995) -> None:
        super().__init__(dtype, percentile)
        self._sums = np.zeros(2)
        self._weight = 0.0

    def take(self, array: np.ndarray, lowest: float, highest: float) -> None:
        self._sums = RATE * self._sums + (1 - RATE) * np.array([lowest, highest])
        self._weight = RATE * self._weight + (1 - RATE)

    def range(self) -> Range | None:
        if not self._weight:
            return None
        low, high = self._sums / self._weight
        return float(low), float(high)
