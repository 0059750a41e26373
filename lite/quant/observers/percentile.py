# SPDX-License-Identifier: Apache-2.0
"""percentile: the same small part of all elements is cut off at either end."""

from __future__ import annotations

import numpy as np

from lite.quant.observers._histogram import Histogram
from lite.quant.observers._observer import HistogramObserver, Range


class Percentile(HistogramObserver):
    """An end at zero stays there: nothing lies beyond it."""

    def choose(self, histogram: Histogram) -> Range:
        centres, counts = histogram.occupied()
        below = np.cumsum(counts) / histogram.total
        above = np.cumsum(counts[::-1])[::-1] / histogram.total
        inside_low = centres[below >= 1 - self.percentile]
        inside_high = centres[above >= 1 - self.percentile]
        return float(inside_low[0]), float(inside_high[-1])
