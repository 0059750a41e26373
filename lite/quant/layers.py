# SPDX-License-Identifier: Apache-2.0
"""Layers with weights, seen alike: matrices of [groups, columns, depth] against rows of what they read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lite.ir import Node, Value
from lite.ops.conv2d import Conv2d
from lite.quant.grouping import Plan
from lite.quant.roles import BIAS, LAYERS


@dataclass(frozen=True)
class Layer:
    """A layer that will have integer weights.

    Attributes
    ----------
    node : Node
    name : str
    position : int
        Of the weights among the inputs.
    axis : int
        Of the weights' output channels.
    """

    node: Node
    name: str
    position: int
    axis: int

    @property
    def x(self) -> Value:
        """What it reads."""
        value = self.node.inputs[0]
        assert value is not None
        return value

    @property
    def weights(self) -> Value:
        """The constant that holds its weights."""
        value = self.node.inputs[self.position]
        assert value is not None
        return value

    @property
    def w(self) -> np.ndarray:
        assert self.weights.array is not None
        return self.weights.array

    @property
    def bias(self) -> np.ndarray | None:
        """None if it has none, or one that is no constant."""
        value = self.node.input(BIAS)
        return value.array if value is not None else None

    @property
    def may_change_bias(self) -> bool:
        """Whether its bias is a constant, or can become one."""
        value = self.node.input(BIAS)
        return value is None or value.is_constant

    @property
    def columns(self) -> int:
        """Number of output channels."""
        groups = int(self.node.op.attributes().get("groups", 1))
        return int(self.w.shape[self.axis]) * (groups if self.node.op.name == "conv2d_transpose" else 1)

    def effect_on(self, means: np.ndarray, w: np.ndarray) -> np.ndarray:
        """Mean output of each channel, without bias, of weights ``w`` and inputs of these means by channel.

        Borders are not looked at: padding counts as if it had the mean.
        """
        if self.node.op.name == "fully_connected":
            return np.asarray(means @ w)
        groups = int(self.node.op.attributes()["groups"])
        taps = w.sum(axis=(2, 3), dtype=np.float64)
        if self.node.op.name == "conv2d_transpose":  # each output has about 1 / strides of the taps
            strides = self.node.op.attributes()["strides"]
            parts = taps.reshape(groups, -1, taps.shape[1]) / (strides[0] * strides[1])
            return np.asarray(np.einsum("gi,gio->go", means.reshape(groups, -1), parts).ravel())
        parts = taps.reshape(groups, -1, taps.shape[1])
        return np.asarray(np.einsum("gi,goi->go", means.reshape(groups, -1), parts).ravel())


def layers_of(plan: Plan, names: dict[Node, str]) -> list[Layer]:
    """The integer layers with weights, in order."""
    forms = ((node, LAYERS[node.op.name].weights) for node in plan.layers() if node.op.name in LAYERS)
    return [Layer(node, names[node], *form) for node, form in forms if form is not None]


def is_depthwise(node: Node) -> bool:
    """Whether each output channel reads one input channel and there are as many of them."""
    if not isinstance(node.op, Conv2d):
        return False
    w = node.inputs[1]
    return w is not None and w.type.shape[1] == 1 and w.type.shape[0] == node.op.groups
