# SPDX-License-Identifier: Apache-2.0
"""equalize: channels of small activations are made larger, so that one scale suits all channels of a value.

Between two layers, the first one's weights of channel c are divided by s[c] <= 1 and the second one's
multiplied. Observes the greatest activation of each channel; applies new weights and biases. A channel goes
half of the way (in the exponent) to the greatest one: the weights that follow carry the rest, as in
SmoothQuant (Xiao et al., 2022), and numbers greater than those that were seen still have room.

relu6 clips at 6: since s <= 1 and no channel is made greater than the greatest one, whatever was seen below 6
stays below, and a channel that was seen at 6 keeps s = 1. Other numbers are clipped at 6 * s[c], which is
beyond what was seen of the channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lite.ir import Graph, Node, Value
from lite.quant.calibrate import Watch
from lite.quant.layers import Layer, is_depthwise
from lite.quant.roles import BIAS

ACTIVATIONS = ("none", "relu", "relu6")
LEAST = 1.0 / 64  # of s: a channel that was hardly seen may be in use elsewhere


@dataclass(frozen=True)
class _Pair:
    first: Layer
    second: Layer

    @property
    def between(self) -> Value:
        return self.first.node.output


class Equalize:
    """Pairs of layers with nothing else between them."""

    def __init__(self, graph: Graph, layers: Sequence[Layer]) -> None:
        self._graph = graph
        self._pairs = _pairs(graph, layers)
        self._greatest: dict[str, np.ndarray] = {}

    def watches(self) -> dict[str, Watch]:
        """What has to be seen, by name of the value."""
        return {pair.between.name: self._watch(pair.between.name) for pair in self._pairs}

    def _watch(self, name: str) -> Watch:
        def see(array: np.ndarray) -> None:
            greatest = np.abs(array.reshape(-1, array.shape[-1])).max(axis=0)
            self._greatest[name] = np.maximum(self._greatest.get(name, greatest), greatest)

        return see

    def apply(self) -> int:
        """Rescale the weights of all pairs; how many there were."""
        for pair in self._pairs:
            factors = self._factors(pair)
            _divide_outputs(self._graph, pair.first, factors)
            _multiply_inputs(self._graph, pair.second, factors)
        return len(self._pairs)

    def _factors(self, pair: _Pair) -> np.ndarray:
        greatest = self._greatest[pair.between.name].astype(np.float64)
        whole = greatest.max(initial=0.0)
        if whole <= 0:
            return np.ones(len(greatest))
        part = np.where(greatest > 0, greatest / whole, 1.0)
        return np.asarray(np.clip(np.sqrt(part), LEAST, 1.0))


def _pairs(graph: Graph, layers: Sequence[Layer]) -> list[_Pair]:
    by_node = {layer.node: layer for layer in layers}
    pairs = []
    for first in layers:
        value = first.node.output
        if len(value.uses) != 1 or graph.is_output(value) or first.node.input(3) is not None:
            continue
        reader, position = value.uses[0]
        second = by_node.get(reader)
        if second is not None and position == 0 and _fits(first.node, second.node) and first.may_change_bias:
            pairs.append(_Pair(first, second))
    return pairs


def _fits(first: Node, second: Node) -> bool:
    if "conv2d_transpose" in (first.op.name, second.op.name):
        return False
    if first.op.attributes()["activation"] not in ACTIVATIONS:
        return False
    return second.op.name == "fully_connected" or is_depthwise(second) \
        or second.op.attributes()["groups"] == 1


def _divide_outputs(graph: Graph, layer: Layer, factors: np.ndarray) -> None:
    shape = [-1 if axis == layer.axis else 1 for axis in range(layer.w.ndim)]
    _set(graph, layer, layer.w / factors.reshape(shape))
    bias = layer.node.input(BIAS)
    if bias is not None and bias.array is not None:
        scaled = np.asarray(bias.array / factors, np.float32)
        graph.set_input(layer.node, BIAS, graph.constant(scaled, bias.name))


def _multiply_inputs(graph: Graph, layer: Layer, factors: np.ndarray) -> None:
    if layer.node.op.name == "fully_connected" or is_depthwise(layer.node):
        shape = [-1] + [1] * (layer.w.ndim - 1)
    else:
        shape = [1, -1, 1, 1]
    _set(graph, layer, layer.w * factors.reshape(shape))


def _set(graph: Graph, layer: Layer, w: np.ndarray) -> None:
    graph.set_input(layer.node, layer.position, graph.constant(np.asarray(w, np.float32), layer.weights.name))
