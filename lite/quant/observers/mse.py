# SPDX-License-Identifier: Apache-2.0
"""mse: the range with the least mean squared error of what quantization makes of the elements."""

from __future__ import annotations

import numpy as np

from lite.quant.observers._histogram import Histogram
from lite.quant.observers._observer import HistogramObserver, Range
from lite.quant.observers._search import search


class MeanSquaredError(HistogramObserver):
    def choose(self, histogram: Histogram) -> Range:
        return search(histogram, self.steps, _loss)


def _loss(centres: np.ndarray, quantized: np.ndarray, counts: np.ndarray) -> float:
    return float(np.dot(np.square(centres - quantized), counts))
