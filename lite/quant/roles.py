# SPDX-License-Identifier: Apache-2.0
"""What each node of an optimised float graph may become: an integer layer, a mover of integers, or float."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lite.ir import DType, Graph, Node, Quant, Value
from lite.ops.adaptive_pool2d import AdaptivePool2d
from lite.ops.pad import Pad
from lite.ops.pool2d import Pool2d
from lite.ops.resize import Resize


class Role(enum.Enum):
    """How a node runs in a quantized graph."""

    LAYER = "layer"  # computes: what it reads and makes is quantized, each value with its own parameters
    MOVE = "move"  # moves elements: what it reads and makes shares parameters
    FLOAT = "float"


@dataclass(frozen=True)
class Form:
    """Where a layer's operands are: quantized activations, and weights with the axis of their channels."""

    data: tuple[int, ...] = (0,)
    weights: tuple[int, int] | None = None  # position, axis


LAYERS = {
    "conv2d": Form((0, 3), (1, 0)),
    "conv2d_transpose": Form((0,), (1, 1)),
    "fully_connected": Form((0, 3), (1, 1)),
    "matmul": Form((0, 1)),
    "add": Form((0, 1)),
    "sub": Form((0, 1)),
    "mul": Form((0, 1)),
    "pool2d": Form(),
    "adaptive_pool2d": Form(),
    "reduce_mean": Form(),
    "resize": Form(),
    "softmax": Form(),
    "layer_norm": Form(),
}
CHOICES = {"max": (0, 1), "min": (0, 1), "where": (1, 2), "reduce_max": (0,), "reduce_min": (0,)}  # and move
WITH_NUMBER = ("div", "pow", "prelu")  # of a value and a number: a function of one value, so a table
BOUNDS = ("none", "relu", "relu6", "clip")  # activations that a layer's clamp does
# Steep or without bound: 256 steps say too little of what they make, or of what they are made of.
STEEP = frozenset({"acos", "acosh", "asin", "atanh", "ceil", "cosh", "exp", "floor", "log", "reciprocal",
                   "round", "rsqrt", "sign", "sinh", "tan"})  # fmt: skip
BIAS = 2  # input position in layers with weights


def classify(graph: Graph, excluded: Mapping[Node, str]) -> tuple[dict[Node, Role], dict[Node, str]]:
    """The role of every node, and the reason for those that stay float although they handle floats.

    Parameters
    ----------
    graph : Graph
    excluded : mapping of Node to str
        Nodes that must stay float, and why.
    """
    roles: dict[Node, Role] = {}
    reasons: dict[Node, str] = {}
    for node in graph.nodes:
        role, reason = (Role.FLOAT, excluded[node]) if node in excluded else _role(node)
        roles[node] = role
        if role is Role.FLOAT and any(value.type.dtype is DType.F32 for value in _touched(node)):
            reasons[node] = reason
    return roles, reasons


def data_positions(node: Node) -> tuple[int, ...]:
    """Positions of the inputs that are quantized like activations (constants among them per tensor)."""
    if node.op.name == "concat":
        return tuple(range(len(node.inputs)))
    if node.op.name in WITH_NUMBER:
        return tuple(position for position, value in enumerate(node.inputs) if not _is_number(value))
    positions = CHOICES.get(node.op.name) or LAYERS.get(node.op.name, Form()).data
    return tuple(position for position in positions if node.input(position) is not None)


def weights_of(node: Node) -> tuple[Value, int] | None:
    """A layer's constant weights and the axis of their output channels; None if it has none."""
    form = LAYERS.get(node.op.name)
    if form is None or form.weights is None:
        return None
    position, axis = form.weights
    value = node.input(position)
    return (value, axis) if value is not None and value.is_constant else None


def layer_names(graph: Graph) -> dict[Node, str]:
    """A name for each node that no other has: the node's own, or that of the value it makes."""
    counts = Counter(node.name for node in graph.nodes)
    return {node: node.name if counts[node.name] == 1 else node.outputs[0].name for node in graph.nodes}


def _touched(node: Node) -> list[Value]:
    return [*(value for value in node.inputs if value is not None), *node.outputs]


def _role(node: Node) -> tuple[Role, str]:
    op = node.op
    data = [node.input(position) for position in data_positions(node)]
    values = [value for value in (*data, *node.outputs) if value is not None]
    if any(value.type.dtype is not DType.F32 for value in values):
        return Role.FLOAT, f"{op.name} is not of float32 alone"
    if all(value is None or value.is_constant for value in data):
        return Role.FLOAT, f"{op.name} reads constants only"
    if _moves(node):
        return Role.MOVE, ""
    reason = _float_reason(node)
    return (Role.FLOAT, reason) if reason else (Role.LAYER, "")


def _is_number(value: Value | None) -> bool:
    """Whether all elements of a value are one known number."""
    array = value.array if value is not None else None
    return array is not None and array.size > 0 and bool(np.all(array == array.flat[0]))


def _moves(node: Node) -> bool:
    op = node.op
    if isinstance(op, Pad):
        return op.mode != "constant" or op.value == 0
    if isinstance(op, (Pool2d, AdaptivePool2d)):
        return op.kind == "max"
    if isinstance(op, Resize):
        return op.mode == "nearest"
    return op.quant is Quant.SAME or op.name in CHOICES


def _float_reason(node: Node) -> str:
    op = node.op
    if op.quant is Quant.TABLE:
        return f"{op.name} is too steep for 256 steps" if op.name in STEEP else ""
    if op.name in WITH_NUMBER and len(data_positions(node)) == 1:
        return ""
    if op.name not in LAYERS:
        return f"{op.name} has no integer form"
    activation = op.attributes().get("activation", "none")
    if activation not in BOUNDS:
        return f"it applies {activation}, whose input would need a scale of its own"
    if LAYERS[op.name].weights is not None and weights_of(node) is None:
        return "its weights are computed when it runs"
    return ""
