# SPDX-License-Identifier: Apache-2.0
"""A quantized graph as a module whose scales are trained with its weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lite.ir import Graph, Value
from lite.ir.quant import GREATEST_SCALE, LEAST_SCALE
from lite.quant.parameters import GREATEST_BIAS
from lite.slim.qat.places import Pair, Stored, pairs_of, stored_of
from lite.slim.qat.rounding import rounded
from lite.slim.qat.settings import QAT
from lite.slim.torch_bridge import GraphModule
from lite.slim.torch_bridge.scales import spread_scale


class QuantizedModule(GraphModule):
    """A graph with pairs of quantize and dequantize, simulated as the engine computes it.

    It runs, trains and gives its graph as any ``GraphModule`` does. Learned scales are parameters of
    ``scales``: logarithms of what they are multiplied by, so that they stay positive. A step of plain
    gradient descent changes a scale as LSQ or PACT would, but at most by the learning rate, as a part of it.

    Parameters
    ----------
    graph : Graph
        As ``lite.quant`` leaves it; copied.
    settings : QAT
    weights : mapping of str to array
        The reals to begin with, by the name of what a dequantize of integers makes.
    weight_bits : mapping of str to int
        By the same names; 8 where it lacks.

    Attributes
    ----------
    quantization : dict
        What calibration chose, as in ``Report.quantization``; what stays float, and why, is in there.
    """

    def __init__(self, graph: Graph, settings: QAT, weights: Mapping[str, np.ndarray],
                 weight_bits: Mapping[str, int]) -> None:
        super().__init__(graph)
        self.settings = settings
        self.quantization: dict[str, Any] = {}
        self._pairs = pairs_of(self._graph)
        self._stored = stored_of(self._graph, dict(weight_bits))
        self._by_integers = {stored.integers: stored for stored in self._stored.values()}
        self._behind = frozenset(pair.behind for pair in self._pairs.values())
        self._reached: dict[str, Tensor] = {}  # scales that this batch would need
        self.scales = nn.Module()
        self._learned = {name: self._learn(name) for name in self._learned_names()}
        for name, array in weights.items():
            latent = getattr(self.weights, self._held[self._stored[name].integers])
            with torch.no_grad():
                latent.copy_(torch.from_numpy(np.array(array)))

    def _learned_names(self) -> list[str]:
        """Of the constants that are learned scales, each once."""
        of_weights = {stored.scale for stored in self._stored.values() if stored.is_weights}
        others = dict.fromkeys((*(pair.scale for pair in self._pairs.values()),
                                *(stored.scale for stored in self._stored.values())))
        follow = self.settings.activation_quantize_type == "moving_average_abs_max"
        chosen = [] if follow else [name for name in others if name not in of_weights]
        if self.settings.weight_quantize_type == "channel_wise_lsq":
            chosen += sorted(of_weights)
        return chosen

    def _learn(self, name: str) -> str:
        attribute = self._held[name]
        self.scales.register_parameter(
            attribute, nn.Parameter(torch.zeros_like(getattr(self.weights, attribute))))
        return attribute

    def parameter_groups(self, learning_rate: float) -> list[dict[str, Any]]:
        """Weights, and learned scales: those do not decay, and may have a learning rate of their own."""
        scales = list(self.scales.parameters())
        own = {id(parameter) for parameter in scales}
        rate = self.settings.scale_learning_rate
        groups: list[dict[str, Any]] = [
            {"params": [each for each in self.parameters() if id(each) not in own]},
            {"params": scales, "weight_decay": 0.0, "lr": learning_rate if rate is None else rate}]
        return [group for group in groups if group["params"]]

    def run(self, feeds: Mapping[str, Tensor], taps: Sequence[str] = ()) -> dict[str, Tensor]:
        self._reached = {}
        found = super().run(feeds, taps)
        self._follow()
        return found

    def _apply_step(self, step: Any, op: Any, inputs: list[Tensor | None]) -> tuple[Tensor, ...]:
        name = step.outputs[0] if step.outputs else ""
        if name in self._behind:
            passed: Any = inputs[0]
            return (passed,)
        place = self._pairs.get(name) or self._stored.get(name)
        if place is None:
            return super()._apply_step(step, op, inputs)
        x: Any = inputs[0]
        scale: Any = inputs[1]
        if isinstance(place, Pair):
            self._watch(place, x)
            return (self._rounded(place, x, scale, x.numel() // max(1, len(x) if x.ndim else 1)),)
        count = x.numel() // max(1, scale.numel())
        return (self._rounded(place, x, spread_scale(scale, place.axis, x.ndim), count),)

    def _rounded(self, place: Pair | Stored, x: Tensor, scale: Tensor, count: int) -> Tensor:
        """``count``: how many numbers a scale serves in a sample."""
        is_pact = isinstance(place, Pair) and self.settings.activation_quantize_type == "pact"
        reach = max(place.greatest, -place.lowest)
        factor = 1 / reach**2 if is_pact else 1 / math.sqrt(max(1, count) * reach)
        return rounded(x, scale, place.lowest, place.greatest, factor, is_pact)

    def _watch(self, pair: Pair, x: Tensor) -> None:
        if not self.training or self.settings.activation_quantize_type != "moving_average_abs_max":
            return
        with torch.no_grad():
            low, high = torch.aminmax(x)
            reached = torch.zeros(())
            for extreme, steps in ((low, pair.lowest), (high, pair.greatest)):
                if steps:
                    reached = torch.maximum(reached, extreme / steps)
            before = self._reached.get(pair.scale)
            self._reached[pair.scale] = reached if before is None else torch.maximum(before, reached)

    def _follow(self) -> None:
        """Let moving averages take in what this batch reached."""
        rate = self.settings.moving_rate
        with torch.no_grad():
            for name, reached in self._reached.items():
                scale = getattr(self.weights, self._held[name])
                scale = torch.clamp(rate * scale + (1 - rate) * reached, LEAST_SCALE, GREATEST_SCALE)
                setattr(self.weights, self._held[name], scale)  # in place, backward would meet it
        self._reached = {}

    def _constants(self) -> dict[str, Tensor]:
        tensors = super()._constants()
        for name, attribute in self._learned.items():
            tensors[name] = self._learned_scale(tensors[name], getattr(self.scales, attribute))
        for stored in self._stored.values():
            if stored.is_weights:
                tensors[stored.scale] = self._scale_of_weights(stored, tensors)
                if stored.bias is not None and stored.owns_bias:
                    tensors[stored.bias] = _rounded_bias(stored, tensors)
        return tensors

    def _learned_scale(self, start: Tensor, logarithm: Tensor) -> Tensor:
        scale: Any = torch.clamp(start * torch.exp(logarithm), LEAST_SCALE, GREATEST_SCALE)
        if scale.requires_grad:
            now = scale.detach()
            decay = self.settings.pact_decay if self.settings.activation_quantize_type == "pact" else 0.0
            scale.register_hook(lambda gradient: _bounded(gradient + decay * now, now))
        return scale

    def _scale_of_weights(self, stored: Stored, tensors: Mapping[str, Tensor]) -> Tensor:
        """A scale per channel: learned, or as great as the greatest weights; and so that the bias fits."""
        weights = tensors[stored.integers].detach()
        least = _least_scales(stored, tensors, weights.shape[stored.axis])
        if stored.scale in self._learned:
            scale = tensors[stored.scale]
            return torch.maximum(scale, least.to(scale)) if bool((scale < least).any()) else scale
        peaks = weights.abs().movedim(stored.axis, 0).flatten(1).amax(1).double()
        if self.settings.weight_quantize_type == "abs_max":
            peaks = peaks.amax().expand(len(peaks))
        alive = peaks[peaks > 0]
        peaks = torch.where(peaks > 0, peaks, alive.min() if alive.numel() else torch.ones_like(peaks[:1]))
        return torch.clamp(torch.maximum(peaks / stored.greatest, least), LEAST_SCALE, GREATEST_SCALE).float()

    def to_graph(self) -> Graph:
        graph = super().to_graph()
        for node in graph.nodes:
            scale: Any = node.inputs[1] if node.op.name == "quantize" else None
            if scale is not None:
                old: Any = node.output.quantization
                node.output.quantization = replace(old, scale=float(scale.array))
        return graph

    def _constant(self, value: Value, tensors: Mapping[str, Tensor]) -> np.ndarray:
        stored = self._by_integers.get(value.name)
        if stored is not None:
            weights = tensors[value.name].detach()
            scale = spread_scale(tensors[stored.scale].detach(), stored.axis, weights.ndim)
            inside = torch.maximum(torch.minimum(weights, scale * stored.greatest), scale * stored.lowest)
            tensors = {**tensors, value.name: inside}
        return super()._constant(value, tensors)


def _bounded(gradient: Tensor, scale: Tensor) -> Tensor:
    """A scale's gradient so that that of its logarithm changes the scale by ``gradient``, within -1 to 1.

    Small scales have great gradients: without bounds few steps of descent would take them anywhere.
    """
    return torch.clamp(gradient / scale, -1, 1) / scale  # the logarithm's own is this times the scale


def _rounded_bias(stored: Stored, tensors: Mapping[str, Tensor]) -> Tensor:
    """The bias as the sums hold it, in steps of what is read times what weights have."""
    bias = tensors[stored.bias or ""]
    if stored.x_scale is None:
        return bias
    now = bias.detach().double()
    steps = tensors[stored.x_scale].detach().double() * tensors[stored.scale].detach().double()
    steps = steps.repeat(len(now) // len(steps))  # groups of a transposed convolution share scales
    return bias + ((torch.round(now / steps) * steps).float() - bias).detach()


def _least_scales(stored: Stored, tensors: Mapping[str, Tensor], channels: int) -> Tensor:
    """Scales below which the bias would not fit into the sums."""
    if stored.bias is None or stored.x_scale is None:
        return torch.zeros(channels, dtype=torch.float64)
    bias, x_scale = (tensors[name].detach().double() for name in (stored.bias, stored.x_scale))
    return (bias.abs() / (x_scale * GREATEST_BIAS)).reshape(-1, channels).amax(0)
