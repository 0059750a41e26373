# SPDX-License-Identifier: Apache-2.0
"""Two convolutions in float and quantized."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lite.ir import Graph, TensorType, Value
from lite.ir.quant import Quantization
from lite.ops.conv2d import Conv2d
from lite.ops.dequantize import Dequantize
from lite.ops.quantize import Quantize
from lite.ops.reduce_mean import ReduceMean


def quantized_pair(graph: Graph, x: Value, scale: float, zero_point: int) -> Value:
    """x through integers and back."""
    step = graph.constant(np.array(scale, np.float32), f"{x.name}.scale")
    (q,) = graph.add(Quantize(zero_point=zero_point), [x, step], outputs=[f"{x.name}.integers"])
    q.quantization = Quantization(float(np.float32(scale)), zero_point)
    (real,) = graph.add(Dequantize(zero_point=zero_point), [q, step], outputs=[f"{x.name}.reals"])
    return real


def two_layers(scales: dict[str, float] | None = None) -> Graph:
    """image -> first -> second -> scores; with ``scales`` their values go through integers."""
    graph = Graph("two_layers")
    random = np.random.default_rng(0)
    weights = [random.standard_normal(shape).astype(np.float32) for shape in ((8, 3, 3, 3), (6, 8, 1, 1))]
    image = graph.add_input("image", TensorType((1, 9, 9, 3)))
    passed = lambda value: quantized_pair(graph, value, scales[value.name], 3) if scales else value  # noqa: E731
    conv = Conv2d(layout="nhwc", pads=(1, 1, 1, 1))
    (first,) = graph.add(conv, [passed(image), graph.constant(weights[0], "w0")], outputs=["first:0231"])
    if scales:
        scales = {**scales, "first:0231": scales["first"]}
    (second,) = graph.add(Conv2d(layout="nhwc"), [passed(first), graph.constant(weights[1], "w1")],
                          outputs=["second:0231"])
    (scores,) = graph.add(ReduceMean(axes=(1, 2)), [second], outputs=["scores"])
    graph.outputs = [scores]
    return graph


@pytest.fixture
def float_graph() -> Graph:
    return two_layers()


@pytest.fixture
def make_quantized() -> Callable[..., Graph]:
    """A graph like ``float_graph`` by the steps of the image's and the first layer's integers."""
    return lambda image, first: two_layers({"image": image, "first": first})


@pytest.fixture
def samples() -> list[dict[str, np.ndarray]]:
    random = np.random.default_rng(1)
    return [{"image": random.standard_normal((1, 9, 9, 3)).astype(np.float32)} for _ in range(3)]
