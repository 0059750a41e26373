# SPDX-License-Identifier: Apache-2.0
"""Where a quantized graph rounds: pairs on what is computed, and stored integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lite.ir import Graph, Node
from lite.ir.quant import limits
from lite.quant.parameters import GREATEST_WEIGHT
from lite.quant.roles import BIAS, LAYERS
from lite.slim.torch_bridge.scales import stored_integers


@dataclass(frozen=True)
class Pair:
    """A quantize, and the dequantize behind it.

    Attributes
    ----------
    scale : str
        The constant that both of them read.
    behind : str
        What the dequantize makes.
    lowest, greatest : int
        Of the integers, the zero point taken off.
    """

    scale: str
    behind: str
    lowest: int
    greatest: int


@dataclass(frozen=True)
class Stored:
    """A dequantize of constant integers.

    Attributes
    ----------
    integers, scale : str
        The constants that it reads.
    axis : int
        Of the scales, if there are several.
    lowest, greatest : int
        As of Pair.
    bias, x_scale : str or None
        Of the layer whose weights they are: the constant that is added to its sums, and the scale of what it
        reads.
    is_weights : bool
        Whether they are a layer's weights, with scales of their own.
    owns_bias : bool
        Whether no other layer reads that bias.
    """

    integers: str
    scale: str
    axis: int
    lowest: int
    greatest: int
    bias: str | None = None
    x_scale: str | None = None
    is_weights: bool = False
    owns_bias: bool = False


def pairs_of(graph: Graph) -> dict[str, Pair]:
    """By name of what each quantize makes."""
    found = {}
    for node in graph.nodes:
        if node.op.name == "quantize":
            (behind,) = node.output.users
            lowest, greatest = _bounds(node, node.op.attributes()["dtype"])
            found[node.output.name] = Pair(_name(node, 1), behind.output.name, lowest, greatest)
    return found


def stored_of(graph: Graph, weight_bits: dict[str, int]) -> dict[str, Stored]:
    """By name of what each dequantize of constants makes.

    Parameters
    ----------
    graph : Graph
    weight_bits : dict of str to int
        By name of what a layer's weights were called; 8 where it lacks.
    """
    found = {}
    for node in graph.nodes:
        integers: Any = stored_integers(node)
        if integers is None:
            continue
        axis = int(node.op.attributes()["axis"])
        layer = _layer_of(node)
        if layer is None:
            lowest, greatest = _bounds(node, integers.type.dtype)
            found[node.output.name] = Stored(integers.name, _name(node, 1), axis, lowest, greatest)
            continue
        greatest = GREATEST_WEIGHT[weight_bits.get(node.output.name, 8)]
        bias, x = layer.input(BIAS), layer.inputs[0]
        reader = None if x is None else x.producer
        found[node.output.name] = Stored(
            integers.name, _name(node, 1), axis, -greatest, greatest,
            bias=bias.name if bias is not None and bias.is_constant else None,
            x_scale=_name(reader, 1) if reader is not None and reader.op.name == "dequantize" else None,
            is_weights=True, owns_bias=bias is not None and len(bias.uses) == 1)
    return found


def _layer_of(node: Node) -> Node | None:
    """The layer whose weights a dequantize makes."""
    for user, position in node.output.uses:
        form = LAYERS.get(user.op.name)
        if form is not None and form.weights is not None and form.weights[0] == position:
            return user
    return None


def _bounds(node: Node, dtype: Any) -> tuple[int, int]:
    lowest, greatest = limits(dtype)
    zero = int(node.op.attributes()["zero_point"])
    return lowest - zero, greatest - zero


def _name(node: Node, position: int) -> str:
    value = node.inputs[position]
    assert value is not None
    return value.name
