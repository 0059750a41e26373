# SPDX-License-Identifier: Apache-2.0
"""A layer of floats reads its weights as the integers that a model has: dequantize moves into the layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lite.ir import Builder, DType, Graph, Node, Value
from lite.ops._weights import Place, place_of, scale_position, weights_position
from lite.ops.dequantize import Dequantize
from lite.passes.pattern import maker
from lite.passes.rule import Rule, RulePass

LAYERS = ("conv2d", "conv2d_transpose", "fully_connected", "gather", "matmul")
HALF = 128  # the zero point of bytes that are symmetric


@dataclass(frozen=True)
class Match:
    """A layer and what makes its weights of integers."""

    layer: Node
    scaling: Node
    place: Place

    @property
    def integers(self) -> np.ndarray:
        q = self.scaling.input(0)
        assert q is not None and q.array is not None
        return q.array

    @property
    def scale(self) -> np.ndarray:
        scale = self.scaling.input(1)
        assert scale is not None and scale.array is not None
        return scale.array


class ScaleInLayer(Rule[Match]):
    """layer(x, dequantize(integers)) -> layer(x, integers, scales)."""

    name = "scale_in_layer"
    roots = LAYERS

    def pattern(self, root: Node) -> Match | None:
        position = weights_position(root.op)
        scaling = maker(root.input(position), "dequantize") if position is not None else None
        q = scaling.input(0) if scaling is not None else None
        if scaling is None or q is None or not q.is_constant or root.output.type.dtype is not DType.F32:
            return None
        place = place_of(root.op, q.type.rank)
        return Match(root, scaling, place) if place is not None else None

    def check(self, match: Match, graph: Graph) -> str | None:
        q, scale = match.scaling.inputs
        assert q is not None and scale is not None and isinstance(match.scaling.op, Dequantize)
        zero_point = {DType.S8: 0, DType.S16: 0, DType.U8: HALF}.get(q.type.dtype)
        if zero_point is None:
            return f"the weights are {q.type.dtype.value}"
        if match.scaling.op.zero_point != zero_point:
            return f"the weights' zero point is {match.scaling.op.zero_point}, expected {zero_point}"
        if not scale.is_constant:
            return "the weights' scale is computed"
        if scale.type.rank == 1 and match.scaling.op.axis != match.place.axis:
            return f"the weights' scales lie along axis {match.scaling.op.axis}, expected {match.place.axis}"
        return None

    def rewrite(self, match: Match, build: Builder) -> Value:
        layer, q = match.layer, match.scaling.inputs[0]
        assert q is not None
        inputs: list[Value | None] = [layer.input(i) for i in range(scale_position(layer.op))]
        centred = build.constant(_centred(match.integers), name=q.name) if q.type.dtype is DType.U8 else q
        inputs[match.place.position] = centred
        scales = build.constant(_scales(match), name=f"{q.name}.scale")
        return build.add(layer.op, *inputs, scales, name=layer.name)


def _centred(unsigned: np.ndarray) -> np.ndarray:
    return (unsigned.astype(np.int16) - HALF).astype(np.int8)


def _scales(match: Match) -> np.ndarray:
    """One number for each output channel; an embedding may have one for all."""
    if match.scale.ndim == 1:
        return np.tile(match.scale, match.place.groups)
    if match.layer.op.name == "gather":
        return match.scale
    return np.full(match.place.channels(match.integers.shape), match.scale)


class KeepWeightsQuantized(RulePass):
    """Keeps integer weights of float layers in the file and in memory."""

    name = "keep_weights_quantized"
    rules = (ScaleInLayer(),)
