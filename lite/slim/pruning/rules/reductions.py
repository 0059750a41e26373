# SPDX-License-Identifier: Apache-2.0
"""Norms, sums and windows: what goes on along the channels, and what beside them."""

from __future__ import annotations

from typing import Any

from lite.ir import Node
from lite.ops._extents import channel_axis
from lite.slim.pruning.rules.layers import only_along, together
from lite.slim.pruning.tracing import Rule, Trace, Traced


def _of_channels(trace: Trace, node: Node) -> Traced:
    """batch_norm and instance_norm: each channel by itself."""
    channels = trace.of(node)
    if channels is None or channels.axis != node.op.attributes()["axis"]:
        return channels
    for position in range(1, len(node.inputs)):
        trace.cut(node, position, 0, channels.ids)
    scale: Any = node.inputs[1]
    if node.op.name == "batch_norm" and scale.is_constant:
        trace.norms.append((scale, channels.ids))
    return channels


def _group_norm(trace: Trace, node: Node) -> Traced:
    """All groups lose the same places, and each is normalised over fewer channels."""
    channels = only_along(trace, node, 1)
    if channels is None:
        return None
    together(trace, channels.ids, node.op.attributes()["groups"])
    trace.mixed.append((node, channels.ids))
    for position in (1, 2):
        trace.cut(node, position, 0, channels.ids)
    return channels


def _over_axes(trace: Trace, node: Node) -> Traced:
    """layer_norm and rms_norm: normalised from an axis on."""
    channels, axis = trace.of(node), node.op.attributes()["axis"]
    if channels is None or channels.axis < axis:
        return channels
    trace.mixed.append((node, channels.ids))
    for position in range(1, len(node.inputs)):
        trace.cut(node, position, channels.axis - axis, channels.ids)
    return channels


def _beside(trace: Trace, node: Node) -> Traced:
    """Channels that an op goes along are counted or compared, which cannot be done with fewer."""
    channels = trace.of(node)
    if channels is not None and channels.axis == node.op.attributes()["axis"]:
        trace.stay(node, channels, "goes along them")
        return None
    return channels


def _position(trace: Trace, node: Node) -> Traced:
    """arg_max and arg_min."""
    attributes, channels = node.op.attributes(), _beside(trace, node)
    return _without(channels, () if attributes["keepdims"] else (attributes["axis"],))


def _mixing(trace: Trace, node: Node) -> Traced:
    """Ops along an axis, or axes, that do with fewer channels, but then compute something else."""
    channels, attributes = trace.of(node), node.op.attributes()
    axes = attributes["axes"] if "axes" in attributes else (attributes["axis"],)
    if channels is not None and channels.axis in axes:
        trace.mixed.append((node, channels.ids))
    return channels


def _reduction(trace: Trace, node: Node) -> Traced:
    channels, attributes = _mixing(trace, node), node.op.attributes()
    if channels is None or channels.axis in attributes["axes"]:
        return None
    return _without(channels, () if attributes["keepdims"] else attributes["axes"])


def _without(channels: Traced, axes: tuple[int, ...]) -> Traced:
    """Channels where axes before theirs are gone."""
    return channels and channels.along(channels.axis - sum(axis < channels.axis for axis in axes))


def _spatial(trace: Trace, node: Node) -> Traced:
    return only_along(trace, node, channel_axis(node.op.attributes()["layout"]))


REDUCTIONS = ("l1", "l2", "log_sum", "log_sum_exp", "max", "mean", "min", "prod", "sum", "sum_square")
RULES: dict[str, Rule] = {
    "batch_norm": _of_channels, "instance_norm": _of_channels, "group_norm": _group_norm,
    "layer_norm": _over_axes, "rms_norm": _over_axes, "lrn": _mixing, "mean_variance_normalization": _mixing,
    "softmax": _beside, "log_softmax": _beside, "cumsum": _beside, "arg_max": _position, "arg_min": _position,
    **{f"reduce_{word}": _reduction for word in REDUCTIONS},
    "pool2d": _spatial, "adaptive_pool2d": _spatial, "resize": _spatial,
}  # fmt: skip
