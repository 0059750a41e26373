# SPDX-License-Identifier: Apache-2.0
"""What follows a convolution or a fully connected layer is done while its sums are at hand.

y = activation(layer(x) + bias + residual): a residual first, then one activation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lite.ir import Builder, Graph, Node, Op, Value
from lite.ops.clip import Clip
from lite.ops.hard_sigmoid import HardSigmoid
from lite.ops.leaky_relu import LeakyRelu
from lite.ops.swish import Swish
from lite.passes.pattern import maker, other_readers, split_uniform
from lite.passes.rule import Rule, RulePass

LAYERS = ("conv2d", "conv2d_transpose", "fully_connected")
WITH_RESIDUAL = ("conv2d", "fully_connected")
RESIDUAL = 3  # input position


@dataclass(frozen=True)
class Activation:
    """The attributes of a layer that say which activation it applies."""

    activation: str
    alpha: float = 0.0
    beta: float = 0.0


def find_activation(op: Op) -> Activation | None:
    """The fused form of an activation; None if layers do not know it."""
    if op.name in ("relu", "relu6", "sigmoid", "hard_swish"):
        return Activation(op.name)
    if isinstance(op, LeakyRelu):
        return Activation("leaky_relu", op.alpha)
    if isinstance(op, HardSigmoid):
        return Activation("hard_sigmoid", op.alpha, op.beta)
    if isinstance(op, Swish) and op.beta == 1.0:
        return Activation("swish")
    if not isinstance(op, Clip):
        return None
    known = {(0.0, np.inf): "relu", (0.0, 6.0): "relu6"}.get((op.lo, op.hi))
    return Activation(known) if known else Activation("clip", op.lo, op.hi)


class FuseBounds(Rule[tuple[Node, Node, Activation]]):
    """activation(layer(x)) -> layer with activation, where that does no more than clamp."""

    name = "fuse_activation"
    roots: tuple[str, ...] = ("relu", "relu6", "clip")

    def pattern(self, root: Node) -> tuple[Node, Node, Activation] | None:
        layer, activation = maker(root.input(0), *LAYERS), find_activation(root.op)
        return (root, layer, activation) if layer is not None and activation is not None else None

    def check(self, match: tuple[Node, Node, Activation], graph: Graph) -> str | None:
        root, layer, _ = match
        return _applies_already(layer) or other_readers(layer.output, root, graph)

    def rewrite(self, match: tuple[Node, Node, Activation], build: Builder) -> Value:
        _, layer, new = match
        op = layer.op.replace(activation=new.activation, alpha=new.alpha, beta=new.beta)
        return build.add(op, *layer.inputs, name=layer.name)


class FuseActivation(FuseBounds):
    """activation(layer(x)) -> layer with activation."""

    roots = (*FuseBounds.roots, "leaky_relu", "hard_swish", "swish", "sigmoid", "hard_sigmoid")


class FuseAffine(Rule[tuple[Node, Node, Activation]]):
    """layer(x) * a, layer(x) + b with numbers a and b -> layer, where it applies hard_swish before."""

    name = "fuse_affine"
    roots = ("add", "mul")

    def pattern(self, root: Node) -> tuple[Node, Node, Activation] | None:
        found = split_uniform(root)
        layer = maker(found[0], *LAYERS) if found is not None else None
        if found is None or layer is None or layer.output.type != root.output.type:
            return None
        attributes, number = layer.op.attributes(), found[1]
        if attributes["activation"] not in ("hard_swish", "affine_hard_swish"):
            return None
        known = attributes["activation"] == "affine_hard_swish"
        factor, offset = (attributes["alpha"], attributes["beta"]) if known else (1.0, 0.0)
        if root.op.name == "mul":
            factor, offset = factor * number, offset * number
        else:
            offset += number
        return root, layer, Activation("affine_hard_swish", factor, offset)

    def check(self, match: tuple[Node, Node, Activation], graph: Graph) -> str | None:
        root, layer, _ = match
        return other_readers(layer.output, root, graph)

    def rewrite(self, match: tuple[Node, Node, Activation], build: Builder) -> Value:
        _, layer, new = match
        op = layer.op.replace(activation=new.activation, alpha=new.alpha, beta=new.beta)
        return build.add(op, *layer.inputs, name=layer.name)


def _applies_already(layer: Node) -> str | None:
    activation = layer.op.attributes()["activation"]
    return None if activation == "none" else f"{layer.name} applies {activation} already"


class FuseResidual(Rule[tuple[Node, list[Node]]]):
    """layer(x) + residual -> layer with residual."""

    name = "fuse_residual"
    roots = ("add",)

    def pattern(self, root: Node) -> tuple[Node, list[Node]] | None:
        layers = [maker(value, *WITH_RESIDUAL) for value in root.inputs]
        found = [layer for layer in layers if layer is not None]
        return (root, found) if found else None

    def check(self, match: tuple[Node, list[Node]], graph: Graph) -> str | None:
        root, layers = match
        reasons = [_refusal(root, layer, graph) for layer in layers]
        return None if None in reasons else "; ".join(dict.fromkeys(filter(None, reasons)))

    def rewrite(self, match: tuple[Node, list[Node]], build: Builder) -> Value:
        root, layers = match
        fitting = [layer for layer in layers if _refusal(root, layer, build.graph) is None]
        layer = max(fitting, key=build.graph.place)  # the later one: no value has to live longer
        inputs = [layer.input(position) for position in range(RESIDUAL)]
        behind = layer.inputs[RESIDUAL + 1 :]
        return build.add(layer.op, *inputs, _other_operand(root, layer), *behind, name=layer.name)


def _other_operand(root: Node, layer: Node) -> Value | None:
    a, b = root.inputs
    return b if a is layer.output else a


def _refusal(root: Node, layer: Node, graph: Graph) -> str | None:
    other = _other_operand(root, layer)
    if other is None or other.type != layer.output.type:
        return f"what is added to {layer.name} is broadcast"
    if layer.input(RESIDUAL) is not None:
        return f"{layer.name} adds a residual already"
    return _applies_already(layer) or other_readers(layer.output, root, graph)


class FuseEpilogue(RulePass):
    """Fuses residuals and activations into conv2d, conv2d_transpose and fully_connected.

    Parameters
    ----------
    bounds_only : bool
        Of the activations, fuse only those that clamp. What comes before any other one needs a scale of its
        own if the graph is to run on integers.
    """

    name = "fuse_epilogue"

    def __init__(self, bounds_only: bool = False) -> None:
        self.rules: tuple[Rule[Any], ...] = (FuseResidual(), FuseBounds())
        if not bounds_only:
            self.rules = (FuseResidual(), FuseActivation(), FuseAffine())
