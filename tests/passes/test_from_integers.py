# SPDX-License-Identifier: Apache-2.0
"""from_integers: float ops between scales that mean the same, and become the same integer ops again."""

from __future__ import annotations

import numpy as np
import pytest

from lite.ir.interpret import interpret, random_feeds
from lite.passes import pipeline
from lite.passes.from_integers import FromIntegers, weight_scales
from lite.passes.fuse_lookup import FuseLookup
from lite.passes.integer_layers import combined
from lite.passes.unsigned_activations import UnsignedActivations

IMAGE = (1, 6, 8, 4)


def integer_graph(sketch, scaling, body, fused=True):
    graph = sketch(lambda build, x: body(scaling(build), x), IMAGE)
    pipeline.run(graph, [step for step in pipeline.integers() if fused or not isinstance(step, FuseLookup)])
    return graph


def rewritten(graph, *passes):
    """Names of the ops after the passes; made of integers again, they mean the same to the bit."""
    data = random_feeds(graph, 1)
    before = interpret(graph, data)
    pipeline.run(graph, [FromIntegers(), *passes], verify=True)
    names = [node.op.name for node in graph.nodes]
    values = {node.op.attributes()["dtype"].value for node in graph.nodes if node.op.name == "quantize"}
    pipeline.run(graph, [*pipeline.standard(quantized=True), *pipeline.integers()])
    for name, array in interpret(graph, data).items():
        np.testing.assert_array_equal(array, before[name])
    return names, values


def layers(net, x):
    x = net.pair(x)
    y = net.pair(net.conv2d(x, net.weights(4, 4, 1, 1), layout="nhwc"), 0.03, -5)
    z = net.pair(net.conv2d(y, net.weights(4, 4, 1, 1), None, x, layout="nhwc"))
    return net.pair(net.add(net.pair(net.transpose(z, perm=(0, 2, 1, 3))), z)) if z.type.shape[1] == 8 else z


def test_layers_stand_between_scales(sketch, scaling) -> None:
    names, values = rewritten(integer_graph(sketch, scaling, layers))
    assert not any(name.startswith("q_") for name in names)
    assert names.count("conv2d") == 2 and names.count("quantize") == 3
    assert values == {"s8"}


def test_activations_can_be_unsigned(sketch, scaling) -> None:
    assert rewritten(integer_graph(sketch, scaling, layers), UnsignedActivations())[1] == {"u8"}


def test_symmetric_activations_stay_signed(sketch, scaling) -> None:
    def body(net, x):
        return net.pair(net.conv2d(net.pair(x, 0.05, 0), net.weights(4, 4, 1, 1), layout="nhwc"), 0.03, 0)

    assert rewritten(integer_graph(sketch, scaling, body), UnsignedActivations())[1] == {"s8"}


@pytest.mark.parametrize("function", ["hard_swish", "sigmoid", "relu6"])
def test_tables_of_known_functions_are_the_functions(function, sketch, scaling) -> None:
    def body(net, x):
        y = net.pair(net.conv2d(net.pair(x), net.weights(4, 4, 1, 1), layout="nhwc"), 0.04, 3)
        return net.pair(getattr(net, function)(y), 0.03, -7)

    graph = integer_graph(sketch, scaling, body, fused=False)
    if function != "relu6":  # which is bounds of the layer
        assert "lookup" in [node.op.name for node in graph.nodes]
    names, _ = rewritten(graph)
    assert "lookup" not in names


def test_other_tables_stay_tables_of_reals(sketch, scaling) -> None:
    def body(net, x):
        y = net.pair(net.conv2d(net.pair(x), net.weights(4, 4, 1, 1), layout="nhwc"), 0.04, 3)
        return net.pair(net.elu(y, alpha=0.3), 0.03, -7)

    assert "lookup" in rewritten(integer_graph(sketch, scaling, body))[0]


def test_scales_of_weights_multiply_back_to_the_bit() -> None:
    random = np.random.default_rng(1)
    weights = random.uniform(1e-5, 1e-2, 1000).astype(np.float32)
    for x, y in ((0.0173, 0.0911), (1.7, 0.02), (3e-5, 0.4)):
        wanted = combined(x, weights, y)
        np.testing.assert_array_equal(combined(x, weight_scales(x, wanted, y), y), wanted)
