# SPDX-License-Identifier: Apache-2.0
"""How often values occur, and where a quantized model clips them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lite.compare.places import Place
from lite.ir import Node, Value

BINS = 96
Bounds = tuple[float, float]


@dataclass
class Histogram:
    """Counts between two bounds; what lies beyond counts in the first or the last bin."""

    low: float
    high: float
    counts: np.ndarray

    @staticmethod
    def spanning(array: np.ndarray, clip: Bounds | None = None) -> Histogram:
        """An empty one with room for an array, for others like it, and for a clip range."""
        finite = array[np.isfinite(array)].astype(np.float64)
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        margin = 0.1 * (high - low) or max(abs(high), 1.0) * 0.1
        low, high = low - margin, high + margin
        if clip is not None:
            low, high = min(low, clip[0]), max(high, clip[1])
        return Histogram(low, high, np.zeros(BINS, np.int64))

    def add(self, array: np.ndarray) -> Histogram:
        bounded = np.clip(np.nan_to_num(array.astype(np.float64).ravel()), self.low, self.high)
        self.counts = self.counts + np.histogram(bounded, BINS, (self.low, self.high))[0]
        return self


@dataclass
class LayerHistograms:
    """Of a layer: what it makes in A and its weights in A, with the ranges that B keeps.

    Attributes
    ----------
    activations : Histogram
    clip : (float, float) or None
        What B's integers reach.
    weights : Histogram or None
    weights_clip : (float, float) or None
        The widest of B's ranges, over the output channels.
    """

    activations: Histogram
    clip: Bounds | None = None
    weights: Histogram | None = None
    weights_clip: Bounds | None = None


def layer_histograms(sample: np.ndarray, ours: Place, theirs: Place,
                     places: Mapping[Value, Place]) -> LayerHistograms:
    """Empty counts of activations, and those of the weights, of the layer that makes a value.

    Parameters
    ----------
    sample : array
        A first one of its values in A.
    ours, theirs : Place
        The value in A and in B.
    places : mapping of Value to Place
        All of B's.
    """
    found = theirs.quantization
    clip = None if found is None else (found.lowest, found.highest)
    activations = Histogram.spanning(sample, clip)
    maker = ours.value.producer
    weights = maker.input(1) if maker is not None else None
    array = weights.array if weights is not None else None
    if array is None or array.ndim < 2 or array.dtype != np.float32:
        return LayerHistograms(activations, clip)
    reach = _weights_reach(theirs, places)
    bounds = None if reach is None else (-reach, reach)
    return LayerHistograms(activations, clip, Histogram.spanning(array, bounds).add(array), bounds)


def _weights_reach(place: Place, places: Mapping[Value, Place]) -> float | None:
    """127 of the greatest step of a layer's weights."""
    node = place.value.producer
    while node is not None and node.op.name in ("quantize", "dequantize"):
        node = node.inputs[0].producer if node.inputs[0] is not None else None
    weights = node.input(1) if node is not None else None
    if node is None or weights is None:
        return None
    scaled = weights.producer
    if scaled is not None and scaled.op.name == "dequantize":
        return _greatest_step(scaled.input(1))
    return _of_integer_layer(node, places) if node.op.name.startswith("q_") else None


def _of_integer_layer(node: Node, places: Mapping[Value, Place]) -> float | None:
    """By the scale of its sums: scale = s_x * s_w / s_y."""
    x, y = places.get(node.inputs[0] or node.outputs[0]), places.get(node.outputs[0])
    read, made = x.quantization if x else None, y.quantization if y else None
    reach = _greatest_step(node.input(3))
    return None if reach is None or read is None or made is None else reach * made.scale / read.scale


def _greatest_step(scale: Value | None) -> float | None:
    return None if scale is None or scale.array is None else 127 * float(np.max(scale.array))
