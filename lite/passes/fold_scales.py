# SPDX-License-Identifier: Apache-2.0
"""Scales and offsets per channel behind a layer go into the scales of its integers, and into its bias."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lite.ir import Builder, Graph, Node, Value
from lite.ir.quant import GREATEST_SCALE, LEAST_SCALE
from lite.ops.dequantize import Dequantize
from lite.passes.fold_affine import AFFINE, Affine, find_affine, per_channel
from lite.passes.integer_form import NoForm
from lite.passes.integer_layers import FORMS, Weights, find_weights, real_bias
from lite.passes.pattern import channel_axis, maker, other_readers
from lite.passes.rule import Rule, RulePass


@dataclass(frozen=True)
class Match:
    """A scale or an offset behind a layer; both for each output channel."""

    affine: Affine
    layer: Node
    weights: Weights
    factor: np.ndarray
    offset: np.ndarray


class AffineIntoScales(Rule[Match]):
    """layer(x, dequantize(w, scale)) * a + b -> layer(x, dequantize(w, scale * a)) with another bias."""

    name = "affine_into_scales"
    roots = AFFINE

    def pattern(self, root: Node) -> Match | None:
        affine = find_affine(root)
        layer = maker(affine.x, *FORMS) if affine is not None else None
        if affine is None or layer is None or _scales_are_shared(layer):
            return None
        try:
            weights = find_weights(layer)
            real_bias(layer, weights.scales)
        except NoForm:
            return None
        rank, channels = affine.x.type.rank, len(weights.scales)
        numbers = [per_channel(array, rank, channel_axis(layer.op, rank), channels)
                   for array in (affine.factor, affine.offset)]
        if numbers[0] is None or numbers[1] is None:
            return None
        return Match(affine, layer, weights, numbers[0], numbers[1])

    def check(self, match: Match, graph: Graph) -> str | None:
        layer = match.layer
        if layer.op.attributes()["activation"] != "none":
            return f"{layer.name} applies {layer.op.attributes()['activation']} in between"
        if layer.input(3) is not None:
            return f"{layer.name} adds a residual in between"
        if not np.array_equal(_turned(match).astype(np.int8), _turned(match)):
            return f"-128 among the weights of {layer.name} has no counterpart"
        scales = _scales(match)
        if not np.all((scales >= LEAST_SCALE) & (scales <= GREATEST_SCALE)):
            return "a channel is scaled by too much or too little"
        return other_readers(match.affine.x, match.affine.node, graph)

    def rewrite(self, match: Match, build: Builder) -> Value:
        layer = match.layer
        scaled = maker(layer.input(1), "dequantize")
        assert scaled is not None
        old, bias = scaled.inputs[0], layer.input(2)
        name = old.name if old is not None else ""
        array = _turned(match).astype(np.int8)
        w = build.add(Dequantize(axis=_out_axis(layer)), build.constant(array, name=name),
                      build.constant(_scales(match), np.float32), name=scaled.name)
        real = real_bias(layer, match.weights.scales) * match.factor + match.offset
        named = bias.name if bias is not None else f"{layer.name}.bias"
        offsets = build.constant(real, np.float32, named)
        return build.add(layer.op, layer.inputs[0], w, offsets, name=layer.name)


def _scales_are_shared(layer: Node) -> bool:
    """Whether several groups of output channels have the same integers of scales."""
    return layer.op.name == "conv2d_transpose" and layer.op.attributes()["groups"] != 1


def _out_axis(layer: Node) -> int:
    return 0 if layer.op.name == "conv2d" else 1


def _turned(match: Match) -> np.ndarray:
    """The integers, negative where the channel is scaled by a negative number, 0 where by 0."""
    shape = [1] * match.weights.array.ndim
    shape[_out_axis(match.layer)] = -1
    signs = np.sign(match.factor).astype(np.int64).reshape(shape)
    return np.asarray(match.weights.array.astype(np.int64) * signs)


def _scales(match: Match) -> np.ndarray:
    scales = match.weights.scales * np.abs(match.factor)
    return np.asarray(np.where(match.factor == 0, match.weights.scales, scales), np.float32)


class FoldScales(RulePass):
    """Folds scales and offsets per channel into layers whose weights are integers."""

    name = "fold_scales"
    rules = (AffineIntoScales(),)
