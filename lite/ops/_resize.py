# SPDX-License-Identifier: Apache-2.0
"""Where a resized axis looks in its input: positions and weights, computed in float32 as the kernels do."""

from __future__ import annotations

import numpy as np

COORDINATES = ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "asymmetric", "align_corners",
               "tf_half_pixel_for_nn")
NEAREST = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")

_ONE = np.float32(1)
_HALF = np.float32(0.5)


def coordinates(mode: str, extent: int, count: int, scale: float) -> np.ndarray:
    """Positions in the input (float32) of the ``count`` outputs of an axis.

    Parameters
    ----------
    mode : str
        One of ``COORDINATES``.
    extent : int
        Extent of the input.
    count : int
        Extent of the output.
    scale : float
        Output per input; 0: count / extent.
    """
    out = np.arange(count, dtype=np.float32)
    ratio = np.float32(scale) if scale else np.float32(count) / np.float32(extent)
    if ratio == 1:
        return out
    if mode == "align_corners":
        return out * np.float32(extent - 1) / np.float32(max(count - 1, 1))
    if mode == "asymmetric":
        return out / ratio
    if mode == "tf_half_pixel_for_nn":
        return (out + _HALF) / ratio
    if mode == "pytorch_half_pixel" and count == 1:
        return np.zeros(1, np.float32)
    if mode == "half_pixel_symmetric":
        adjustment = np.float32(count) / (ratio * np.float32(extent))
        offset = np.float32(extent) / np.float32(2) * (_ONE - adjustment)
        wide = np.float64(offset) + (out + np.float64(0.5)) / np.float64(ratio) - np.float64(0.5)
        return np.asarray(wide.astype(np.float32))
    return np.asarray((out + _HALF) / ratio - _HALF)


def nearest_positions(at: np.ndarray, rounding: str, extent: int) -> np.ndarray:
    """The element of the input that each coordinate takes; a half is one up to 1e-6."""
    below = np.floor(at)
    rest = at - below
    half = np.abs(rest - _HALF) <= np.float32(1e-6)
    up = {"floor": np.zeros(at.shape, bool), "ceil": rest > 0,
          "round_prefer_floor": (rest > _HALF) & ~half, "round_prefer_ceil": (rest > _HALF) | half}[rounding]
    return np.asarray(np.clip(below.astype(np.int64) + up, 0, extent - 1))


def linear_taps(at: np.ndarray, extent: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions and weights [count, 2] of linear interpolation; the edges are repeated."""
    at = np.clip(at, np.float32(0), np.float32(extent - 1))
    below = at.astype(np.int64)
    rest = at - below.astype(np.float32)
    positions = np.stack([below, np.minimum(below + 1, extent - 1)], axis=1)
    return positions, np.stack([_ONE - rest, rest], axis=1)


def cubic_taps(at: np.ndarray, extent: int, a: float, exclude_outside: bool) -> tuple[np.ndarray, np.ndarray]:
    """Positions and weights [count, 4] of cubic convolution (Keys 1981); the edges are repeated."""
    below = np.floor(at)
    positions = below.astype(np.int64)[:, None] + np.arange(-1, 3)
    weights = _keys(at - below, np.float32(a))
    if exclude_outside:
        weights = np.where((positions >= 0) & (positions < extent), weights, np.float32(0))
        weights = weights / weights.sum(axis=1, keepdims=True)
    return np.clip(positions, 0, extent - 1), weights


def _keys(s: np.ndarray, a: np.float32) -> np.ndarray:
    """Weights of the four neighbours at distances 1 + s, s, 1 - s and 2 - s."""
    two, three, four, five, eight = map(np.float32, (2, 3, 4, 5, 8))

    def near(d: np.ndarray) -> np.ndarray:
        return np.asarray(((a + two) * d - (a + three)) * d * d + _ONE)

    def far(d: np.ndarray) -> np.ndarray:
        return np.asarray(((a * d - five * a) * d + eight * a) * d - four * a)

    return np.stack([far(s + _ONE), near(s), near(_ONE - s), far(two - s)], axis=1)
