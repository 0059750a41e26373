# SPDX-License-Identifier: Apache-2.0
"""What the patterns of several passes ask about values."""

from __future__ import annotations

import numpy as np

from lite.ir import Graph, Node, Op, Value
from lite.ir.dim import evaluate
from lite.ops.clip import Clip
from lite.ops.conv2d import Conv2d
from lite.ops.conv2d_transpose import Conv2dTranspose
from lite.ops.fully_connected import FullyConnected
from lite.ops.pool2d import Pool2d

UNBOUNDED = (-np.inf, np.inf)
_RANGES = {"relu": (0.0, np.inf), "relu6": (0.0, 6.0), "sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0),
           "softmax": (0.0, 1.0), "exp": (0.0, np.inf), "abs": (0.0, np.inf), "softplus": (0.0, np.inf),
           "tanh": (-1.0, 1.0)}  # fmt: skip
_MOVES = frozenset({"identity", "reshape", "transpose", "slice", "expand", "tile", "channel_shuffle",
                    "depth_to_space", "space_to_depth", "reduce_max", "reduce_min"})


def maker(value: Value | None, *names: str) -> Node | None:
    """The node that makes a value, if its op has one of the names."""
    node = value.producer if value is not None else None
    return node if node is not None and node.op.name in names else None


def uniform(value: Value | None) -> float | None:
    """The number that all elements of a constant have."""
    if value is None or value.array is None or value.array.size == 0 or value.array.dtype == np.bool_:
        return None
    first = value.array.flat[0]
    return float(first) if np.all(value.array == first) else None


def is_near(number: float | None, expected: float, tolerance: float = 1e-6) -> bool:
    """Whether a number that went through single precision and text is meant to be the expected one."""
    return number is not None and abs(number - expected) <= tolerance * max(1.0, abs(expected))


def split_uniform(node: Node) -> tuple[Value, float] | None:
    """(x, c) of a commutative node that reads x and a uniform constant c, in any order."""
    a, b = node.input(0), node.input(1)
    for x, other in ((a, b), (b, a)):
        number = uniform(other)
        if x is not None and number is not None and not x.is_constant:
            return x, number
    return None


def other_readers(value: Value, reader: Node, graph: Graph) -> str | None:
    """Why a value may not vanish into its reader; None if nothing else reads it."""
    if graph.is_output(value):
        return f"{value.name!r} is an output of the graph"
    others = [node.name for node, _ in value.uses if node is not reader]
    if others:
        return f"{value.name!r} is also read by {others[0]}"
    if len(value.uses) > 1:
        return f"{reader.name} reads {value.name!r} {len(value.uses)} times"
    return None


def bounds(value: Value | None, depth: int = 16) -> tuple[float, float]:
    """Between which numbers all elements of a value are known to be (NaN aside)."""
    if value is None:
        return UNBOUNDED
    if value.array is not None:
        return (float(value.array.min()), float(value.array.max())) if value.array.size else UNBOUNDED
    node = value.producer
    if node is None or depth == 0:
        return UNBOUNDED
    if node.op.name in _RANGES:
        return _RANGES[node.op.name]
    if node.op.name in _MOVES or (isinstance(node.op, Pool2d) and every_window_sees_input(node.op)):
        return bounds(node.input(0), depth - 1)
    if node.op.name == "concat":
        parts = [bounds(part, depth - 1) for part in node.inputs]
        return min(low for low, _ in parts), max(high for _, high in parts)
    if isinstance(node.op, Clip):
        return node.op.lo, node.op.hi
    if isinstance(node.op, (Conv2d, Conv2dTranspose, FullyConnected)):
        if node.op.activation == "clip":
            return node.op.alpha, node.op.beta
        return _RANGES.get(node.op.activation, UNBOUNDED)
    return UNBOUNDED


def is_unpadded(op: Conv2d | Pool2d) -> bool:
    """Whether an op is known not to pad."""
    return all(pad == 0 for pad in op.pads)


def every_window_sees_input(pool: Pool2d) -> bool:
    """Whether no window of a maximum lies in the padding alone."""
    sides = zip(pool.pads, (*pool.kernel, *pool.kernel), (*pool.dilations, *pool.dilations))
    return pool.kind == "max" and all(
        pad == 0 or (isinstance(pad, int) and pad < kernel and gap == 1) for pad, kernel, gap in sides)


def nominal_size(value: Value, symbol: int = 64) -> int:
    """Number of elements if every free extent were the given one: what costs are compared by."""
    extent = value.type.count
    return extent if isinstance(extent, int) else evaluate(extent, dict.fromkeys(extent.symbols(), symbol))


def channel_axis(op: Op, rank: int) -> int:
    """Axis of the output channels of a convolution or a fully connected layer."""
    layout = op.attributes().get("layout")
    return 1 if layout == "nchw" else rank - 1
