# SPDX-License-Identifier: Apache-2.0
"""Multiply-adds, against counts by hand and PaddleSlim's."""

from __future__ import annotations

import numpy as np
import pytest

from lite.ir import Builder, Dim, Graph, Symbol, TensorType, Value
from lite.ops.conv2d import Conv2d
from lite.ops.conv2d_transpose import Conv2dTranspose
from lite.ops.fully_connected import FullyConnected
from lite.ops.matmul import Matmul
from lite.ops.reduce_mean import ReduceMean
from lite.ops.relu import Relu

pytest.importorskip("torch")
from lite.slim import flops, flops_by_layer

BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))


def start(*shape: int | Dim) -> tuple[Builder, Value]:
    graph = Graph("counted")
    graph.symbols["n"] = Symbol("n")
    return Builder(graph), graph.add_input("x", TensorType(shape))


def weights(build: Builder, *shape: int) -> Value:
    return build.constant(np.zeros(shape), np.float32)


def mobilenet_v1() -> Graph:
    """For digits of 28 x 28, ten classes; batch norms folded, without biases."""
    build, y = start(Dim.symbol("n"), 1, 28, 28)

    def conv(y: Value, out: int, kernel: int, stride: int, groups: int) -> Value:
        pad = kernel // 2
        op = Conv2d(strides=(stride, stride), pads=(pad,) * 4, groups=groups)
        channels = int(y.type.shape[1]) // groups
        return build.add(Relu(), build.add(op, y, weights(build, out, channels, kernel, kernel)))

    y = conv(y, 32, 3, 2, 1)
    for out, stride in BLOCKS:
        channels = int(y.type.shape[1])
        y = conv(conv(y, channels, 3, stride, channels), out, 1, 1, 1)
    y = build.add(ReduceMean((2, 3)), y)
    build.graph.outputs = [build.add(FullyConnected(), y, weights(build, 1024, 10), weights(build, 10))]
    return build.graph


def test_mobilenet_v1_counts_as_in_paddleslim() -> None:
    assert flops(mobilenet_v1()) == 10_896_832
    assert flops(mobilenet_v1(), extents={"n": 3}) == 3 * 10_896_832


def test_layers_count_by_hand() -> None:
    build, x = start(1, 4, 5, 5)
    y = build.add(Conv2d(groups=2), x, weights(build, 6, 2, 3, 3), weights(build, 6), name="conv")
    up = Conv2dTranspose(strides=(2, 2))
    y = build.add(up, y, weights(build, 6, 3, 2, 2), weights(build, 3), name="deconv")
    build.graph.outputs = [build.add(Matmul(transpose_a=True), y, weights(build, 6, 7), name="matmul")]
    assert flops_by_layer(build.graph) == {
        "conv": 6 * 9 * (2 * 9 + 1), "deconv": 6 * 9 * (3 * 4) + 3 * 36, "matmul": 3 * 6 * 7 * 6}
