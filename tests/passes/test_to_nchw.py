# SPDX-License-Identifier: Apache-2.0
"""to_nchw undoes to_nhwc: as few transposes as the model had."""

from __future__ import annotations

from lite.passes.to_nchw import ToNchw
from lite.passes.to_nhwc import ToNhwc

IMAGE = (1, 6, 8, 4)  # NHWC


def test_images_between_layers_are_not_turned(sketch, scaling, try_passes) -> None:
    def body(build, x):
        net = scaling(build)
        y = net.relu(net.conv2d(x, net.weights(5, 4, 1, 1), layout="nhwc"))
        y = net.concat(y, y, axis=3)
        return net.conv2d(net.softmax(y, axis=3), net.weights(3, 10, 1, 1), layout="nhwc")

    tried = try_passes(sketch(body, IMAGE), ToNchw())
    ops = [op for op in tried.ops if op != "dequantize"]  # of weights
    assert ops == ["transpose", "conv2d", "relu", "concat", "softmax", "conv2d", "transpose"]
    assert all(node.op.layout == "nchw" for node in tried.graph.nodes if node.op.name == "conv2d")


def test_there_and_back(sketch, scaling, try_passes) -> None:
    def body(build, x):
        net = scaling(build)
        y = net.conv2d(x, net.weights(5, 6, 1, 1))
        return net.reduce_mean(net.conv2d(y, net.weights(3, 5, 1, 1)), axes=(2, 3))

    tried = try_passes(sketch(body, IMAGE), ToNhwc(), ToNchw(), again=False)
    assert [op for op in tried.ops if op != "dequantize"] == ["conv2d", "conv2d", "reduce_mean"]
    assert not [value.name for value in tried.graph.values() if ":" in value.name]
