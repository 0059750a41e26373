# SPDX-License-Identifier: Apache-2.0
"""adaround: for each weight, learn whether rounding it up or down keeps the layer's outputs nearest.

Observes, of each layer's inputs, the products of any two taps summed over some places of every sample: with
them the squared error of the outputs is known for any rounding, without running anything. Applies integers
that are at most one step from the weight. Nagel et al., Up or Down? Adaptive Rounding for Post-Training
Quantization, 2020: a rectified sigmoid goes from soft to hard; here each channel keeps what it learnt only if
that is better than rounding to nearest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lite.ops.conv2d import Conv2d
from lite.quant.calibrate import Progress, Watch
from lite.quant.layers import Layer
from lite.quant.parameters import clamped, spread

PLACES = 96  # rows looked at per sample and layer
GREATEST_DEPTH = 2304  # products of taps take the square of it
BUDGET = 3e11  # multiplications per layer
STEPS = (100, 400)
STRETCH = (-0.1, 1.1)
RATE = 0.03
HARDNESS = 0.05  # weight of the loss that drives soft roundings to 0 or 1
SHARPNESS = (16.0, 2.0)


class AdaRound:
    """Sums of products of taps, and the roundings learnt from them."""

    def __init__(self, layers: Sequence[Layer], seed: int) -> None:
        fitting = [layer for layer in layers if _depth(layer) <= GREATEST_DEPTH
                   and layer.node.op.name in ("conv2d", "fully_connected")]
        self._products = {layer.name: _Products(layer, np.random.RandomState(seed + position))
                          for position, layer in enumerate(fitting)}
        self.left_out = [layer.name for layer in layers if layer.name not in self._products]

    def watches(self) -> list[dict[str, Watch]]:
        """What has to be seen, by name of the value."""
        return [{products.layer.x.name: products.see} for products in self._products.values()]

    def rounded(self, layer: Layer, scales: np.ndarray, bits: int, tell: Progress) -> np.ndarray | None:
        """Integers of so many bits for the weights of a layer; None if it was left out."""
        products = self._products.get(layer.name)
        if products is None or products.sums is None:
            return None
        tell(f"rounding {layer.name}")
        steps = layer.w / spread(scales, layer.axis, layer.w.ndim)
        groups = len(products.sums)
        rows = _as_rows(layer, steps).reshape(groups, -1, products.sums.shape[-1])
        return _from_rows(layer, learn(rows.astype(np.float32), products.sums, bits))


class _Products:
    """Sums over rows of the layer's input: [groups, depth, depth]."""

    def __init__(self, layer: Layer, random: np.random.RandomState) -> None:
        self.layer = layer
        self.sums: np.ndarray | None = None
        self._random = random

    def see(self, array: np.ndarray) -> None:
        rows = self._conv_rows(array) if isinstance(self.layer.node.op, Conv2d) else self._rows(array)
        sums = np.matmul(rows.transpose(0, 2, 1), rows)
        self.sums = sums if self.sums is None else self.sums + sums

    def _rows(self, array: np.ndarray) -> np.ndarray:
        rows = array.reshape(-1, array.shape[-1])
        return rows[None, self._chosen(len(rows))]

    def _chosen(self, count: int) -> np.ndarray:
        return np.arange(count) if count <= PLACES else self._random.randint(0, count, PLACES)

    def _conv_rows(self, x: np.ndarray) -> np.ndarray:
        """Windows at some places: [groups, places, depth], a window being [channels, kh, kw]."""
        op, kernel = self.layer.node.op, self.layer.w.shape[2:]
        assert isinstance(op, Conv2d)
        top, left, bottom, right = (int(pad) for pad in op.pads)
        x = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
        spans = [(extent - 1) * dilation + 1 for extent, dilation in zip(kernel, op.dilations)]
        counts = [(x.shape[side + 1] - spans[side]) // op.strides[side] + 1 for side in (0, 1)]
        chosen = self._chosen(x.shape[0] * counts[0] * counts[1])
        image, row, column = np.unravel_index(chosen, (x.shape[0], *counts))
        offsets = [np.arange(extent) * dilation for extent, dilation in zip(kernel, op.dilations)]
        down = (row * op.strides[0])[:, None, None] + offsets[0][:, None]
        right_of = (column * op.strides[1])[:, None, None] + offsets[1][None, :]
        windows = x[image[:, None, None], down, right_of]  # [places, kh, kw, channels]
        windows = windows.transpose(0, 3, 1, 2).reshape(len(chosen), op.groups, -1)
        return np.ascontiguousarray(windows.transpose(1, 0, 2))


def _depth(layer: Layer) -> int:
    return int(layer.w.size // layer.w.shape[layer.axis])


def _as_rows(layer: Layer, w: np.ndarray) -> np.ndarray:
    """[columns, depth]"""
    return np.ascontiguousarray(np.moveaxis(w, layer.axis, 0)).reshape(w.shape[layer.axis], -1)


def _from_rows(layer: Layer, rows: np.ndarray) -> np.ndarray:
    if layer.axis == 0:
        return rows.reshape(layer.w.shape)
    return np.ascontiguousarray(rows.reshape(layer.w.shape[::-1]).T)


def learn(steps: np.ndarray, products: np.ndarray, bits: int = 8) -> np.ndarray:
    """Whole numbers near ``steps`` whose error, weighed with the products, is small.

    Parameters
    ----------
    steps : ndarray of float32 [groups, columns, depth]
        Weights divided by their scales.
    products : ndarray of float32 [groups, depth, depth]
    """
    mean = np.trace(products, axis1=1, axis2=2).mean() / products.shape[-1]
    if not mean > 0:
        return clamped(np.rint(steps), bits)
    weighed = (products / mean).astype(np.float32)
    below = np.floor(steps)
    learnt = clamped(below + (_descend(steps, below, weighed) >= 0.5), bits)
    nearest = clamped(np.rint(steps), bits)
    better = _loss(learnt - steps, weighed) < _loss(nearest - steps, weighed)
    return np.where(better[..., None], learnt, nearest)


def _loss(errors: np.ndarray, products: np.ndarray) -> np.ndarray:
    return np.asarray((np.matmul(errors, products) * errors).sum(axis=-1))


def _descend(steps: np.ndarray, below: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Soft roundings in [0, 1] after gradient descent (Adam) on loss and hardness."""
    low, high = STRETCH
    part = np.clip(steps - below, 0.01, 0.99)
    logits = -np.log((high - low) / (part - low) - 1).astype(np.float32)
    first, second = np.zeros_like(logits), np.zeros_like(logits)
    count = int(np.clip(BUDGET / (steps.size * steps.shape[-1]), *STEPS))
    for step in range(count):
        sigmoid = 1 / (1 + np.exp(-logits))
        soft = np.clip(sigmoid * (high - low) + low, 0, 1)
        inside = ((soft > 0) & (soft < 1)) * (high - low) * sigmoid * (1 - sigmoid)
        slope = 2 * np.matmul(below + soft - steps, products)
        if step > count // 5:
            slope += HARDNESS * _hardness_slope(soft, step / count)
        slope *= inside
        first = 0.9 * first + 0.1 * slope
        second = 0.99 * second + 0.01 * np.square(slope)
        unbiased = np.sqrt(second / (1 - 0.99 ** (step + 1))) + 1e-8
        logits -= np.float32(RATE) * (first / (1 - 0.9 ** (step + 1))) / unbiased
    return np.asarray(np.clip(1 / (1 + np.exp(-logits)) * (high - low) + low, 0, 1))


def _hardness_slope(soft: np.ndarray, progress: float) -> np.ndarray:
    """Slope of 1 - |2 soft - 1|^sharpness."""
    begin, end = SHARPNESS
    sharpness = end + 0.5 * (begin - end) * (1 + np.cos(progress * np.pi))
    away = 2 * soft - 1
    return np.asarray(-2 * sharpness * np.sign(away) * np.abs(away) ** (sharpness - 1), np.float32)
