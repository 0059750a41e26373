# SPDX-License-Identifier: Apache-2.0
"""What an observer is, and the two kinds of memory it may have: extremes, or a histogram."""

from __future__ import annotations

import numpy as np

from lite.errors import CalibrationError
from lite.ir.quant import limits
from lite.ir.types import DType
from lite.quant.observers._histogram import Histogram

Range = tuple[float, float]


class Observer:
    """Sees a value's arrays one by one, then says which range of reals its integers should cover.

    Parameters
    ----------
    dtype : DType
        Of the integers.
    percentile : float
        Part of all elements that ``percentile`` keeps inside the range, at either end.
    """

    def __init__(self, dtype: DType = DType.S8, percentile: float = 0.99995) -> None:
        lowest, highest = limits(dtype)
        self.steps = highest - lowest
        self.percentile = percentile

    def see(self, array: np.ndarray) -> None:
        """Take in one array; it is not kept."""
        if array.size == 0:
            return
        lowest, highest = float(array.min()), float(array.max())
        if not (np.isfinite(lowest) and np.isfinite(highest)):
            raise CalibrationError(f"it holds {'NaN' if np.isnan(lowest + highest) else 'infinity'}",
                                   hint="leave the samples out that cause it, or exclude the layer")
        self.take(array, lowest, highest)

    def take(self, array: np.ndarray, lowest: float, highest: float) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not take arrays")

    def range(self) -> Range | None:
        """Least and greatest real to cover; None if no element was seen."""
        raise NotImplementedError(f"{type(self).__name__} has no range")


class HistogramObserver(Observer):
    """An observer that keeps a histogram."""

    def __init__(self, dtype: DType = DType.S8, percentile: float = 0.99995) -> None:
        super().__init__(dtype, percentile)
        self.histogram = Histogram()

    def take(self, array: np.ndarray, lowest: float, highest: float) -> None:
        self.histogram.add(array, lowest, highest)

    def range(self) -> Range | None:
        histogram = self.histogram
        if histogram.total == 0 or histogram.lowest == histogram.highest:
            return (histogram.lowest, histogram.highest) if histogram.total else None
        return self.choose(histogram)

    def choose(self, histogram: Histogram) -> Range:
        raise NotImplementedError(f"{type(self).__name__} chooses nothing")
