# SPDX-License-Identifier: Apache-2.0
"""Small nets around one op each: a layer, what is tried, a layer that reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lite import ops
from lite.ir import Builder, Dim, Graph, Symbol, TensorType, Value

CHANNELS = 12
Body = Callable[["Net", Value], Value]


class Net(Builder):
    """Adds ops by name; images lie in one of both layouts."""

    def __init__(self, layout: str = "nchw", *, free_batch: bool = False) -> None:
        super().__init__(Graph("net"))
        self.layout, self.random = layout, np.random.default_rng(3)
        self.axis = 1 if layout == "nchw" else 3
        batch: Any = Dim.symbol("n") if free_batch else 2
        if free_batch:
            self.graph.symbols["n"] = Symbol("n", 2)
        shape = (batch, 3, 8, 8) if layout == "nchw" else (batch, 8, 8, 3)
        self.x = self.graph.add_input("x", TensorType(shape))

    def op(self, op_name: str, *inputs: Value | None, name: str = "", **attributes: Any) -> Value:
        return self.add(ops.get(op_name)(**attributes), *inputs, name=name)

    def weights(self, *shape: int) -> Value:
        return self.constant(self.random.standard_normal(shape), np.float32)

    def positive(self, *shape: int) -> Value:
        return self.constant(self.random.uniform(0.5, 1.5, shape), np.float32)

    def conv(self, x: Value, out: int, kernel: int = 1, *, groups: int = 1, name: str = "", stride: int = 1,
             residual: Value | None = None) -> Value:
        into, pad = int(x.type.shape[self.axis]), kernel // 2
        weights = self.weights(out, into // groups, kernel, kernel)
        return self.op("conv2d", x, weights, self.weights(out), residual, name=name, layout=self.layout,
                       groups=groups, pads=(pad,) * 4, strides=(stride, stride))

    def norm(self, x: Value, op_name: str = "batch_norm") -> Value:
        count = int(x.type.shape[self.axis])
        scale, bias = self.positive(count), self.weights(count)
        if op_name == "batch_norm":
            mean, variance = self.weights(count), self.positive(count)
            return self.op(op_name, x, scale, bias, mean, variance, axis=self.axis)
        return self.op(op_name, x, scale, bias, axis=self.axis)

    def dense(self, x: Value, out: int, name: str = "") -> Value:
        return self.op("fully_connected", x, self.weights(int(x.type.shape[-1]), out), self.weights(out),
                       name=name)

    def per_channel(self, make: Callable[..., Value], count: int) -> Value:
        return make(count, 1, 1) if self.layout == "nchw" else make(count)

    def mean(self, x: Value, keepdims: bool = False) -> Value:
        return self.op("reduce_mean", x, axes=(2, 3) if self.layout == "nchw" else (1, 2), keepdims=keepdims)

    def shuffle(self, x: Value, groups: int) -> Value:
        """As PyTorch's models write it."""
        n, c, h, w = x.type.shape
        split = self.op("reshape", x, shape=(n, groups, int(c) // groups, h, w))
        return self.op("reshape", self.op("transpose", split, perm=(0, 2, 1, 3, 4)), shape=(n, c, h, w))

    def ended(self, *outputs: Value) -> Graph:
        self.graph.outputs = list(outputs)
        return self.graph


def around(body: Body, layout: str = "nchw") -> Graph:
    """Of 12 channels of a convolution called ``first``; a convolution called ``last`` reads the result."""
    net = Net(layout)
    y = body(net, net.conv(net.x, CHANNELS, 3, name="first"))
    return net.ended(net.conv(y, 5, name="last") if y.type.rank == 4 else net.dense(y, 5, name="last"))


def _gate(net: Net, x: Value) -> Value:
    count = int(x.type.shape[net.axis])
    small = net.op("relu", net.conv(net.mean(x, keepdims=True), 4, name="squeeze"))
    return net.op("mul", x, net.op("hard_sigmoid", net.conv(small, count, name="excite")))


def _halves(net: Net, x: Value) -> Value:
    """ShuffleNet's unit: a half goes around, and both are shuffled."""
    half = int(x.type.shape[net.axis]) // 2
    left, right = net.add_all(ops.get("split")(axis=net.axis, sizes=(half, half)), x)
    inside = net.conv(net.conv(right, half, 3, groups=half), half, name="inside")
    joined = net.op("concat", left, inside, axis=net.axis)
    return net.op("channel_shuffle", joined, groups=2, axis=net.axis)


def _normalised(net: Net, x: Value) -> Value:
    return net.op("relu", net.norm(net.op("sigmoid", x)))


def _joined(net: Net, x: Value) -> Value:
    other = net.conv(net.x, 7, 3, name="other")
    return net.norm(net.op("concat", other, x, net.op("tanh", x), axis=net.axis))


def _sliced(net: Net, x: Value) -> Value:
    tail = net.op("slice", x, axes=(net.axis, 2), starts=(3, 1), sizes=(9, 6), steps=(1, 1))
    head = net.op("slice", x, axes=(net.axis, 2), starts=(0, 0), sizes=(9, 6), steps=(1, 1))
    return net.op("add", tail, head)


def _gathered(net: Net, x: Value) -> Value:
    return net.op("gather", x, net.constant([7, -1, 0, 3, 3], np.int64), axis=net.axis)


def _flat(net: Net, x: Value) -> Value:
    pooled = net.op("pool2d", x, kind="max", kernel=(2, 2), strides=(2, 2), layout=net.layout)
    return net.op("flatten", pooled)


def _pixels(net: Net, x: Value) -> Value:
    return net.op("resize", net.op("depth_to_space", x, block=2, layout=net.layout), size=(8, 8),
                  layout=net.layout)


def _padded(net: Net, x: Value) -> Value:
    around_channels = tuple(2 * (axis == net.axis) for axis in range(4))
    padded = net.op("pad", x, before=around_channels, after=around_channels)
    return net.op("mul", padded, net.per_channel(net.weights, CHANNELS + 4))


def _residual(net: Net, x: Value) -> Value:
    """Inside of the convolution's node, as graphs have it that are fused."""
    return net.op("add", net.conv(net.conv(x, 6, 3, name="inside"), CHANNELS, residual=x, name="out"), x)


def _transposed(net: Net, x: Value) -> Value:
    up = net.op("conv2d_transpose", x, net.weights(CHANNELS, 4, 2, 2), net.weights(8), strides=(2, 2),
                groups=2, name="up", layout=net.layout)
    return net.op("conv2d_transpose", up, net.weights(8, 2, 3, 3), net.weights(16), groups=8,
                  name="deep", layout=net.layout)


def _where(net: Net, x: Value) -> Value:
    return net.op("where", net.op("greater", x, net.constant(0, np.float32)), x, net.op("square", x))


BODIES: Mapping[str, Body] = {  # of images in both layouts
    "nothing": lambda net, x: x,
    "batch_norm": _normalised,
    "instance_norm": lambda net, x: net.norm(x, "instance_norm"),
    "depthwise": lambda net, x: net.conv(net.conv(x, 2 * CHANNELS, 3, groups=CHANNELS), 9, name="point"),
    "groups": lambda net, x: net.conv(x, 8, 3, groups=4, name="grouped"),
    "add": lambda net, x: net.op("add", net.conv(net.x, CHANNELS, name="around"), x),
    "add constant": lambda net, x: net.op("add", net.per_channel(net.weights, CHANNELS), x),
    "one channel for all": lambda net, x: net.op("mul", x, net.conv(net.x, 1, name="mask")),
    "prelu": lambda net, x: net.op("prelu", x, net.per_channel(net.positive, CHANNELS)),
    "squeeze and excite": _gate,
    "concat": _joined,
    "concat rows": lambda net, x: net.op("concat", x, net.conv(net.x, CHANNELS), axis=2),
    "slice": _sliced,
    "gather": _gathered,
    "pad": _padded,
    "halves": _halves,
    "residual": _residual,
    "transposed convolution": _transposed,
    "space_to_depth": lambda net, x: net.op("space_to_depth", x, block=2, layout=net.layout),
    "depth_to_space": _pixels,
    "depth_to_space crd": lambda net, x: net.op("depth_to_space", x, block=2, mode="crd", layout=net.layout),
    "pool": lambda net, x: net.op("adaptive_pool2d", x, kind="average", output=(3, 3), layout=net.layout),
    "mean": lambda net, x: net.mean(net.op("exp", x)),
    "flatten": _flat,
    "where": _where,
    "tile": lambda net, x: net.op("tile", x, repeats=tuple(1 + (axis == net.axis) for axis in range(4))),
}


def _shuffled(net: Net, x: Value) -> Value:
    """Both ways that are seen: 4 x 3 and 3 x 4."""
    return net.shuffle(net.op("relu", net.shuffle(x, 3)), 4)


def _tokens(net: Net, x: Value, count: int = 4) -> Value:
    """Attention of several heads over the pixels, and a residual."""
    tokens = net.op("transpose", net.op("reshape", x, shape=(2, CHANNELS, 64)), perm=(0, 2, 1))

    def heads(name: str, perm: tuple[int, ...]) -> Value:
        split = net.op("reshape", net.dense(tokens, 16, name=name), shape=(2, 64, count, -1))
        return net.op("transpose", split, perm=perm)

    scores = net.op("matmul", heads("query", (0, 2, 1, 3)), heads("key", (0, 2, 3, 1)))
    mixed = net.op("matmul", net.op("softmax", scores, axis=3), heads("value", (0, 2, 1, 3)))
    joined = net.op("reshape", net.op("transpose", mixed, perm=(0, 2, 1, 3)), shape=(2, 64, 16))
    return net.op("add", tokens, net.dense(joined, CHANNELS, name="project"))


def _expanded(net: Net, x: Value) -> Value:
    return net.op("mul", x, net.op("expand", net.mean(x, keepdims=True), shape=(2, CHANNELS, 8, 8)))


def _linear(net: Net, x: Value) -> Value:
    """Products of matrices from either side."""
    columns = net.op("reshape", x, shape=(2, CHANNELS, 64))
    left = net.op("matmul", net.weights(10, CHANNELS), columns, name="left")
    return net.op("matmul", left, net.weights(7, 10), name="right", transpose_a=True, transpose_b=True)


BODIES_NCHW: Mapping[str, Body] = {
    "shuffle": _shuffled, "attention": _tokens,
    "attention of 2": lambda net, x: _tokens(net, x, 2), "expand": _expanded, "matrices": _linear,
    "other layout": lambda net, x: net.op("transpose", net.op("transpose", x, perm=(0, 2, 3, 1)),
                                          perm=(0, 3, 1, 2)),
    "split": lambda net, x: net.op("add", *net.add_all(ops.get("split")(axis=1, sizes=(6, 6)), x)),
    "squeeze": lambda net, x: net.op("squeeze", net.mean(x, keepdims=True), axes=(2, 3)),
}  # fmt: skip
