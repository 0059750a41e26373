# SPDX-License-Identifier: Apache-2.0
"""Integer arithmetic that never traps: what the runtime does where C++ leaves it undefined."""

from __future__ import annotations

import numpy as np


def truncated_quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b towards zero; x / 0 = 0, and the least value / -1 wraps around to itself."""
    with np.errstate(all="ignore"):
        quotient = np.floor_divide(a, b)
        inexact = np.fmod(a, b) != 0
        return np.where((quotient < 0) & inexact, quotient + 1, quotient).astype(quotient.dtype)


def integer_power(base: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """base ** exponent modulo the width; towards zero for a negative exponent, and 0 ** -1 = 0."""
    base, exponent = np.broadcast_arrays(base, exponent)
    inverse = np.where(base == 1, 1, 0)
    if base.dtype.kind == "i":
        inverse = np.where(base == -1, np.where(exponent % 2 == 0, 1, -1), inverse)
    with np.errstate(all="ignore"):
        power = np.power(base, np.maximum(exponent, 0))
    return np.where(exponent < 0, inverse.astype(base.dtype), power)
