# SPDX-License-Identifier: Apache-2.0
"""A table behind a convolution of bytes is the convolution's last step, and gives the same bytes."""

from __future__ import annotations

import numpy as np
import pytest

from lite.ir import DType
from lite.ir.interpret import interpret, random_feeds
from lite.passes import pipeline
from lite.passes.fuse_lookup import FuseLookup

IMAGE = (1, 6, 8, 4)


def integer_graph(sketch, scaling, body):
    graph = sketch(lambda build, x: body(scaling(build), x), IMAGE)
    pipeline.run(graph, [step for step in pipeline.integers() if not isinstance(step, FuseLookup)])
    return graph


def fused(graph):
    data = random_feeds(graph, 1)
    before = interpret(graph, data)
    (log,) = pipeline.run(graph, [FuseLookup()], verify=True)
    for name, array in interpret(graph, data).items():
        np.testing.assert_array_equal(array, before[name])
    return [node.op.name for node in graph.nodes], [str(refusal) for refusal in log.refusals]


@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("residual", [False, True])
def test_a_table_is_the_last_step(groups, residual, sketch, scaling) -> None:
    def body(net, x):
        x = net.pair(x)
        inputs = [None, x] if residual else []
        y = net.pair(net.conv2d(x, net.weights(4, 4 // groups, 1, 1), *inputs, layout="nhwc", groups=groups))
        return net.pair(net.hard_swish(y), 0.04, -3)

    graph = integer_graph(sketch, scaling, body)
    assert fused(graph) == (["quantize", "q_conv2d", "dequantize"], [])
    (layer,) = (node for node in graph.nodes if node.op.name == "q_conv2d")
    assert layer.output.quantization is not None and layer.output.quantization.zero_point == -3


def test_what_others_read_stays(sketch, scaling) -> None:
    def body(net, x):
        y = net.pair(net.conv2d(net.pair(x), net.weights(4, 4, 1, 1), layout="nhwc"))
        return net.pair(net.hard_swish(y), 0.04), y

    ops, refusals = fused(integer_graph(sketch, scaling, body))
    assert "lookup" in ops and "also read by" in refusals[0]


def test_a_table_of_floats_stays(sketch, scaling) -> None:
    def body(net, x):
        return net.tanh(net.pair(net.conv2d(net.pair(x), net.weights(4, 4, 1, 1), layout="nhwc")))

    graph = integer_graph(sketch, scaling, body)
    assert fused(graph)[0] == ["quantize", "q_conv2d", "lookup"]
    assert graph.outputs[0].type.dtype is DType.F32
