# SPDX-License-Identifier: Apache-2.0
"""Layers, which make channels of their own: convolutions and products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from lite.ir import Node, Value
from lite.ops._extents import channel_axis
from lite.slim.pruning.rules.elementwise import extent, meet
from lite.slim.pruning.tracing import Channels, Rule, Trace, Traced

BIAS, RESIDUAL = 2, 3


def only_along(trace: Trace, node: Node, axis: int) -> Traced:
    """Channels of the input; those along another axis than an op knows stay."""
    channels = trace.of(node)
    if channels is None or channels.axis == axis:
        return channels
    trace.stay(node, channels, "works along them as if they were pixels")
    return None


def together(trace: Trace, ids: np.ndarray, groups: int) -> np.ndarray:
    """Groups of channels, [group, place], which from now on lose the same places."""
    folded = ids.reshape(groups, -1)
    trace.units.join(folded, folded[:1])
    return folded


def _convolution(trace: Trace, node: Node) -> Traced:
    """conv2d and conv2d_transpose, whose weights lie [out, in / groups, ...] or [in, out / groups, ...]."""
    axis, is_transposed = channel_axis(node.op.attributes()["layout"]), node.op.name == "conv2d_transpose"
    x, weights = only_along(trace, node, axis), node.inputs[1]
    if weights is None or not weights.is_constant:
        _refuse_computed(trace, node)
        return None
    groups, (first, second) = node.op.attributes()["groups"], map(int, weights.type.shape[:2])
    per_group, out = (first // groups, second * groups) if is_transposed else (second, first)
    ids = _depthwise(trace, node, x, out) if groups > 1 == per_group else _full(trace, node, x, out)
    if ids is None:
        return None
    for position in (BIAS, 3 if is_transposed else 4):  # the bias, and the weights' scales
        _cut_vector(trace, node, position, ids)
    channels = Channels(axis, ids)
    if not is_transposed:
        meet(trace, node, RESIDUAL, channels)
    return channels


def _refuse_computed(trace: Trace, node: Node) -> None:
    """Weights that are no constant make no channels that could be cut."""
    weights: Any = node.inputs[1]
    is_quantized = weights.producer is not None and weights.producer.op.name == "dequantize"
    found = "quantized already: prune the float model" if is_quantized else "computed"
    trace.unmade[node.output.name] = f"its weights are {found}"
    trace.stay_all(node, f"has weights that are {found}")


def _full(trace: Trace, node: Node, x: Traced, out: int) -> np.ndarray:
    """Each channel reads all of its group: all groups lose the same places."""
    groups, into = node.op.attributes()["groups"], int(node.op.name != "conv2d_transpose")
    if x is not None:
        folded = together(trace, x.ids, groups)
        trace.cut(node, 1, into, folded[0] if into else x.ids)
    ids = trace.units.fresh(out)
    folded = together(trace, ids, groups)
    trace.made(node, 1, 1 - into, ids if into else folded[0])
    return ids


def _depthwise(trace: Trace, node: Node, x: Traced, out: int) -> np.ndarray | None:
    """Each channel makes its own ones, and goes with them and with its group."""
    if x is None:
        value: Any = node.inputs[0]
        trace.unmade[node.output.name] = f"each channel goes with one of its input: {trace.why_fixed(value)}"
        return None
    read, op = x.ids, node.op
    ids = np.repeat(read, out // len(read))
    trace.cut(node, 1, 0, read if op.name == "conv2d_transpose" else ids)
    trace.rewrites[node] = lambda kept: op.replace(groups=int(kept(read).sum()))
    return ids


def _fully_connected(trace: Trace, node: Node) -> Traced:
    rank = node.output.type.rank
    if not _side(node, 1).is_constant:
        _refuse_computed(trace, node)
        return None
    channels = _product(trace, node, x=0, weights=1, into=0, contracted=rank - 1, made=rank - 1)
    if channels is not None:
        meet(trace, node, RESIDUAL, channels)
    if channels is not None and channels.axis == rank - 1:
        _cut_vector(trace, node, BIAS, channels.ids)
        _cut_vector(trace, node, 4, channels.ids)
    return channels


def _matmul(trace: Trace, node: Node) -> Traced:
    """A side that is a constant matrix is a layer's weights."""
    a, b = _side(node, 0), _side(node, 1)
    turned_a, turned_b = (node.op.attributes()[f"transpose_{side}"] for side in "ab")
    if min(a.type.rank, b.type.rank) < 2 or any(side.is_constant and side.type.rank > 2 for side in (a, b)):
        trace.unmade[node.output.name] = "it multiplies by a vector, or by a stack of constants"
        trace.stay_all(node, "multiplies by a vector, or by a stack of constants")
        return None
    last = node.output.type.rank - 1
    if b.is_constant:
        return _product(trace, node, x=0, weights=1, into=int(turned_b), contracted=last - turned_a,
                        made=last)
    if a.is_constant:
        return _product(trace, node, x=1, weights=0, into=int(not turned_a), contracted=last - (not turned_b),
                        made=last - 1)
    return _product_of_values(trace, node)


def _product(trace: Trace, node: Node, *, x: int, weights: int, into: int, contracted: int,
             made: int) -> Traced:
    """A layer of a constant matrix, which is read along axis ``into``; channels along other axes pass."""
    channels = trace.of(node, x)
    if channels is not None and channels.axis != contracted:
        trace.unmade[node.output.name] = "what it reads has its channels along another axis"
        last = node.output.type.rank - 1
        is_batch = channels.axis < last - 1
        return channels if is_batch else channels.along(2 * last - 1 - made)
    if channels is not None:
        trace.cut(node, weights, into, channels.ids)
    ids = trace.units.fresh(int(_side(node, weights).type.shape[1 - into]))
    trace.made(node, weights, 1 - into, ids)
    return Channels(made, ids)


def _product_of_values(trace: Trace, node: Node) -> Traced:
    """Channels along the axis that is summed are joined; those along others pass."""
    last = node.output.type.rank - 1
    summed: list[Channels] = []
    passing: list[Channels] = []
    for position, free in ((0, last - 1), (1, last)):
        channels, turned = trace.of(node, position), node.op.attributes()[f"transpose_{'ab'[position]}"]
        if channels is None:
            continue
        axis = channels.axis + last + 1 - _side(node, position).type.rank
        if axis < last - 1:
            passing.append(channels.along(axis))
        elif (axis == free) != turned:
            passing.append(channels.along(free))
        else:
            summed.append(channels)
    if len(summed) == 2:
        trace.units.join(summed[0].ids, summed[1].ids)
    elif summed:
        trace.stay(node, summed[0], "sums over them, and its other side cannot be cut")
    return _passing(trace, node, passing)


def _passing(trace: Trace, node: Node, passing: list[Channels]) -> Traced:
    if not passing:
        return None
    first, rank = passing[0], node.output.type.rank
    if any(channels.axis != first.axis for channels in passing):
        for channels in passing:
            trace.stay(node, channels, "makes pairs of them with channels along another axis")
        return None
    if len(passing) == 2:
        trace.units.join(first.ids, passing[1].ids)
    elif first.axis < rank - 2 and any(
        trace.of(node, side) is None and extent(_side(node, side), first.axis, rank) != 1 for side in (0, 1)
    ):
        trace.stay(node, first, "multiplies them by something that cannot be cut")
    return first


def _side(node: Node, position: int) -> Value:
    value = node.inputs[position]
    assert value is not None
    return value


def _cut_vector(trace: Trace, node: Node, position: int, ids: np.ndarray) -> None:
    """Cut one number of each channel; one for all stays."""
    value = node.input(position)
    if value is not None and value.type.count != 1:
        trace.cut(node, position, 0, ids)


RULES: dict[str, Rule] = {"conv2d": _convolution, "conv2d_transpose": _convolution,
                          "fully_connected": _fully_connected, "matmul": _matmul}
