# SPDX-License-Identifier: Apache-2.0
"""minmax: everything that was seen is inside the range."""

from __future__ import annotations

import numpy as np

from lite.ir.types import DType
from lite.quant.observers._observer import Observer, Range


class MinMax(Observer):
    """Keeps two numbers."""

    def __init__(self, dtype: DType = DType.S8, percentile: float = 0.99995) -> None:
        super().__init__(dtype, percentile)
        self._range: Range | None = None

    def take(self, array: np.ndarray, lowest: float, highest: float) -> None:
        old = self._range or (lowest, highest)
        self._range = min(old[0], lowest), max(old[1], highest)

    def range(self) -> Range | None:
        return self._range
