# SPDX-License-Identifier: Apache-2.0
"""kl: the range whose quantized histogram tells least apart from the full one, by Kullback and Leibler.

As Migacz described it (8-bit inference with TensorRT, 2017), for ranges with two ends.
"""

from __future__ import annotations

import numpy as np

from lite.quant.observers._histogram import Histogram
from lite.quant.observers._observer import HistogramObserver, Range
from lite.quant.observers._search import search

MOST_CUT = 0.01  # part of the elements: where there are few, a range with hardly any of them would fit best


class KullbackLeibler(HistogramObserver):
    def choose(self, histogram: Histogram) -> Range:
        return search(histogram, self.steps, _loss)


def _loss(centres: np.ndarray, quantized: np.ndarray, counts: np.ndarray) -> float:
    """Divergence from the counts, those outside the range moved to its ends, to each step's mean count.

    The bin at zero is left out: zero is represented exactly, and after a relu most of all elements are zero.
    """
    nonzero = np.arange(len(centres)) != np.argmin(np.abs(centres))
    centres, quantized, counts = centres[nonzero], quantized[nonzero], counts[nonzero]
    if not len(centres):
        return 0.0
    _, step = np.unique(quantized, return_inverse=True)
    inside = (centres >= quantized[0]) & (centres <= quantized[-1])
    if not inside.any():
        return np.inf
    first, last = np.flatnonzero(inside)[[0, -1]]
    p = counts[first : last + 1].astype(np.float64)
    steps = step[first : last + 1] - step[first]
    mean = np.bincount(steps, weights=p) / np.bincount(steps)
    q = mean[steps]
    cut = counts[:first].sum(), counts[last + 1 :].sum()
    if sum(cut) > MOST_CUT * counts.sum():
        return np.inf
    p[0] += cut[0]
    p[-1] += cut[1]
    p, q = p / p.sum(), q / q.sum()
    return float(np.dot(p, np.log(p / q)))
