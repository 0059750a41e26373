# SPDX-License-Identifier: Apache-2.0
"""Ops of one element at a time: operands at the same place belong together."""

from __future__ import annotations

from typing import Any

from lite.ir import Extent, Node, Value
from lite.ops._binary import Binary
from lite.ops._unary import Unary
from lite.slim.pruning.tracing import Channels, Rule, Trace, Traced

OTHERS = ("cast", "identity", "prelu", "where")


def is_elementwise(node: Node) -> bool:
    """Whether each element of the output is made of the inputs' elements at its place, after broadcasting."""
    return isinstance(node.op, (Unary, Binary)) or node.op.name in OTHERS


def broadcast(trace: Trace, node: Node) -> Traced:
    """Channels of all operands are joined; those that meet one that cannot be cut stay."""
    traced = [(position, channels) for position in range(len(node.inputs))
              if (channels := trace.of(node, position)) is not None]
    if not traced:
        return None
    position, channels = traced[0]
    source: Any = node.inputs[position]
    met = channels.along(channels.axis + node.output.type.rank - source.type.rank)
    for other in range(len(node.inputs)):
        if other != position:
            meet(trace, node, other, met)
    return met


def meet(trace: Trace, node: Node, position: int, channels: Channels) -> None:
    """Channels of the output meet an operand that is broadcast to it."""
    value, rank = node.input(position), node.output.type.rank
    if value is None or (extent(value, channels.axis, rank) == 1 and trace.of(node, position) is None):
        return
    own, other = channels.axis + value.type.rank - rank, trace.of(node, position)
    if other is not None and other.axis == own:
        trace.units.join(channels.ids, other.ids)
    elif other is not None:
        trace.stay(node, channels, f"joins them with channels of {value.name!r} along another axis")
        trace.stay(node, other, "joins them with channels along another axis")
    elif value.is_constant:
        trace.cut(node, position, own, channels.ids)
    else:
        trace.stay(node, channels, f"joins them with {value.name!r}: {trace.why_fixed(value)}")


def extent(value: Value, axis: int, rank: int) -> Extent:
    """The extent of a value along an axis of what it is broadcast to; 1 where it has no such axis."""
    own = axis + value.type.rank - rank
    return value.type.shape[own] if own >= 0 else 1


def _scaled(trace: Trace, node: Node) -> Traced:
    """quantize and dequantize: scales may be one of each channel."""
    channels, scale = trace.of(node), node.inputs[1]
    is_spread = scale is not None and scale.type.count != 1
    if channels is not None and is_spread and node.op.attributes()["axis"] == channels.axis:
        trace.cut(node, 1, 0, channels.ids)
    return channels


RULES: dict[str, Rule] = {"quantize": _scaled, "dequantize": _scaled}
