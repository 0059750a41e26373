# SPDX-License-Identifier: Apache-2.0
"""Sums that are rounded twice are what 32-bit fixed-point arithmetic makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from lite.ir.quant import requantize

COUNT = 200_000


def _fixed_point(sums: np.ndarray, scale: float) -> np.ndarray:
    """A multiplier of 31 bits, rounded half up, then a shift, rounded half away from 0."""
    mantissa, exponent = np.frexp(scale)
    products = sums.astype(np.int64) * int(np.rint(mantissa * 2**31))
    nudged = products + np.where(products >= 0, 1 << 30, 1 - (1 << 30))
    parts = np.where(nudged >= 0, nudged >> 31, -(-nudged >> 31))
    shift = -int(exponent)
    halves = (1 << shift) >> 1
    return np.where(parts >= 0, (parts + halves) >> shift, -((-parts + halves) >> shift))


@pytest.mark.parametrize("scale", [0.00021, 0.0021, 0.0039, 0.013, 0.24, 0.499])
def test_rounded_twice_is_fixed_point(scale: float) -> None:
    """Single precision decides otherwise only within 2^-17 of a half. (Halves of powers of two are exact.)"""
    scale = float(np.float32(scale))
    reach = int(130 / scale)
    sums = np.random.RandomState(1).randint(-reach, reach, COUNT).astype(np.int32)
    expected = np.clip(_fixed_point(sums, scale), -128, 127)
    twice = requantize(sums, scale, twice=True)
    assert np.mean(twice != expected) <= 1e-4
    assert np.abs(twice - expected).max() <= 1


def test_rounding_once_is_something_else() -> None:
    sums = np.arange(-40_000, 40_000, dtype=np.int32)
    expected = np.clip(_fixed_point(sums, 0.0039), -128, 127)
    assert np.mean(requantize(sums, 0.0039) != expected) > 3e-4
