# SPDX-License-Identifier: Apache-2.0
"""Special functions that numpy lacks, on float64."""

from __future__ import annotations

import math

import numpy as np

erf = np.vectorize(math.erf, otypes=[np.float64])
erfc = np.vectorize(math.erfc, otypes=[np.float64])


def expit(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) without overflow, exact to the last bits for very negative x."""
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (1 + small)


def normal_cdf(x: np.ndarray) -> np.ndarray:
    """P(X <= x) for a standard normal X."""
    return 0.5 * erfc(-x / math.sqrt(2))
