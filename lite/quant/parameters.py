# SPDX-License-Identifier: Apache-2.0
"""From ranges to scales and zero points: of activations, and of weights by channel."""

from __future__ import annotations

import numpy as np

from lite.ir.quant import GREATEST_SCALE, LEAST_SCALE, Quantization, limits
from lite.ir.types import DType

# 7 bits: two products with unsigned bytes fit in 16 bits, 2 * 255 * 64 < 2^15, as x86 without VNNI wants it.
GREATEST_WEIGHT = {8: 127, 7: 64}
GREATEST_BIAS = float(2**30)  # in steps of the sums: room is left for the products
MSE_CUTS = np.linspace(0.5, 1.0, 51)


def of_range(low: float, high: float, dtype: DType = DType.S8) -> Quantization:
    """The parameters that cover a range and zero with all steps of a type.

    s16 has the zero point 0. A value that was never anything but zero gets the scale 1.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return Quantization(1.0, 0, dtype)
    least, greatest = limits(dtype)
    if dtype is DType.S16:
        return Quantization(_bounded(max(-low, high) / greatest), 0, dtype)
    scale = _bounded((high - low) / (greatest - least))
    return Quantization(scale, int(np.clip(np.rint(least - low / scale), least, greatest)), dtype)


def channel_scales(w: np.ndarray, axis: int, method: str = "minmax",
                   least: np.ndarray | float = 0.0, bits: int = 8) -> np.ndarray:
    """Scales of weights in [-127, 127], or what ``bits`` have, one for each index of an axis.

    Parameters
    ----------
    w : ndarray of float32
    axis : int
    method : {"minmax", "mse"}
    least : array or float
        Scales that must not be fallen below, so that biases fit. A channel of zeros gets the least scale that
        another channel has.
    bits : {8, 7}

    Returns
    -------
    ndarray of float32
    """
    rows = np.moveaxis(w, axis, 0).reshape(w.shape[axis], -1).astype(np.float64)
    greatest = np.abs(rows).max(axis=1, initial=0.0)
    if method == "mse":
        greatest = greatest * _best_cuts(rows, greatest, GREATEST_WEIGHT[bits])
    alive = greatest[greatest > 0]
    scales = np.where(greatest > 0, greatest, alive.min() if alive.size else 1.0) / GREATEST_WEIGHT[bits]
    return np.asarray(np.clip(np.maximum(scales, least), LEAST_SCALE, GREATEST_SCALE), np.float32)


def _best_cuts(rows: np.ndarray, greatest: np.ndarray, steps: int) -> np.ndarray:
    best, cuts = np.full(len(rows), np.inf), np.ones(len(rows))
    for cut in MSE_CUTS[::-1]:
        scale = np.where(greatest > 0, greatest, 1.0)[:, None] * (cut / steps)
        rounded = np.clip(np.rint(rows / scale), -steps, steps) * scale
        loss = np.square(rounded - rows).sum(axis=1)
        cuts, best = np.where(loss < best, cut, cuts), np.minimum(best, loss)
    return cuts


def least_scales(bias: np.ndarray | None, x_scale: float) -> np.ndarray | float:
    """Scales of weights below which a bias would not fit into the sums."""
    return 0.0 if bias is None else np.abs(bias.astype(np.float64)) / (x_scale * GREATEST_BIAS)


def rounded_weights(w: np.ndarray, scales: np.ndarray, axis: int) -> np.ndarray:
    """The nearest integers in [-127, 127]."""
    return clamped(np.rint(w / spread(scales, axis, w.ndim)))


def clamped(steps: np.ndarray, bits: int = 8) -> np.ndarray:
    """Whole numbers as weights."""
    return np.asarray(np.clip(steps, -GREATEST_WEIGHT[bits], GREATEST_WEIGHT[bits]), np.int8)


def spread(scales: np.ndarray, axis: int, rank: int) -> np.ndarray:
    """Scales in a shape that broadcasts to the weights."""
    return scales.reshape([-1 if position == axis else 1 for position in range(rank)])


def _bounded(scale: float) -> float:
    return float(np.float32(min(max(scale, LEAST_SCALE), GREATEST_SCALE)))
