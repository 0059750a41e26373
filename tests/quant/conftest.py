# SPDX-License-Identifier: Apache-2.0
"""Small float graphs to quantize, and what runs them."""

from __future__ import annotations

import numpy as np
import pytest

from lite import executor
from lite.ir import Builder, Graph, TensorType
from lite.ops import get

CHANNELS = 6


def _weights(build, random, *shape):
    array = (random.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)
    return build.constant(array, name="w")


def net(activation="relu6"):
    """conv - depthwise - conv with a residual - concat - max pool - mean - layer."""
    random = np.random.RandomState(11)
    graph = Graph("net")
    x = graph.add_input("x", TensorType((1, 8, 8, 3)))
    build = Builder(graph)

    def conv(x, out, name, *, kernel=1, groups=1, residual=None, activation="none"):
        w = _weights(build, random, out, x.type.shape[3] // groups, kernel, kernel)
        bias = build.constant(random.standard_normal(out), np.float32, "bias")
        op = get("conv2d")(pads=(kernel // 2,) * 4, groups=groups, activation=activation, layout="nhwc")
        return build.add(op, x, w, bias, residual, name=name)

    first = conv(x, CHANNELS, "first", kernel=3, activation=activation)
    deep = conv(first, CHANNELS, "deep", kernel=3, groups=CHANNELS, activation=activation)
    second = conv(deep, CHANNELS, "second", residual=first)
    joined = build.add(get("concat")(3), first, second, name="join")
    pooled = build.add(get("pool2d")(kind="max", kernel=(2, 2), strides=(2, 2), layout="nhwc"), joined,
                       name="pool")
    mean = build.add(get("reduce_mean")((1, 2)), pooled, name="mean")
    y = build.add(get("fully_connected")(), mean, _weights(build, random, 2 * CHANNELS, 5), name="last")
    graph.outputs = [y]
    graph.claim_name(y, "y")
    return graph


@pytest.fixture
def graph():
    return net()


@pytest.fixture
def data():
    return np.random.RandomState(5).standard_normal((8, 8, 8, 3)).astype(np.float32)


@pytest.fixture
def prepare():
    """What quantization is handed to run graphs with."""
    return executor.preparer("reference")
