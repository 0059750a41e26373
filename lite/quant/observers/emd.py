# SPDX-License-Identifier: Apache-2.0
"""emd: the range with the least earth mover's distance between the elements and their quantized places.

Rounding keeps the order of numbers, and on a line the plan that keeps the order is the cheapest one: the
distance is the mean of |x - quantized x|.
"""

from __future__ import annotations

import numpy as np

from lite.quant.observers._histogram import Histogram
from lite.quant.observers._observer import HistogramObserver, Range
from lite.quant.observers._search import search


class EarthMover(HistogramObserver):
    def choose(self, histogram: Histogram) -> Range:
        return search(histogram, self.steps, _loss)


def _loss(centres: np.ndarray, quantized: np.ndarray, counts: np.ndarray) -> float:
    return float(np.dot(np.abs(centres - quantized), counts))
