# SPDX-License-Identifier: Apache-2.0
"""The nodes that are chosen are those that a person would choose."""

from __future__ import annotations

from collections.abc import Callable

import catalogue
import numpy as np
import pytest

from lite.convert import load_graph
from lite.ir import Builder, Graph, TensorType
from lite.ops.add import Add
from lite.ops.concat import Concat
from lite.ops.conv2d import Conv2d
from lite.ops.fully_connected import FullyConnected
from lite.ops.matmul import Matmul
from lite.ops.relu import Relu
from lite.ops.sigmoid import Sigmoid
from lite.ops.softmax import Softmax

pytest.importorskip("torch", reason="torch is not installed: pip install '.[slim]'")
from lite.errors import InputError
from lite.slim.distillation.nodes import channel_axis, distillation_nodes, score_nodes, values_by_name

REAL = {model.name: model for model in catalogue.zoo() if not model.is_quantized}


def test_a_classifier_has_its_last_layer(make_classifier: Callable[..., Graph]) -> None:
    assert distillation_nodes(make_classifier(4)) == score_nodes(make_classifier(4)) == ["scores"]


def branching() -> Graph:
    """A head that joins two convolutions, and a matrix whose bias is an addition of its own."""
    graph, random = Graph("branching"), np.random.default_rng(0)
    build, x = Builder(graph), graph.add_input("x", TensorType((1, 3, 4, 4)))

    def conv(value, name: str, before: int = 3):
        weights = build.constant(random.standard_normal((5, before, 1, 1)), np.float32)
        return build.add(Conv2d(), value, weights, name=name)

    trunk = build.add(Relu(), conv(x, "trunk"), name="relu")
    boxes, classes = conv(trunk, "boxes", 5), conv(trunk, "classes", 5)
    joined = build.add(Concat(1), build.add(Sigmoid(), boxes), classes, name="joined")
    weights = build.constant(random.standard_normal((4, 6)), np.float32)
    product = build.add(Matmul(), x, weights, name="product")
    biased = build.add(Add(), product, build.constant(np.ones(6), np.float32), name="biased")
    graph.outputs = [joined, build.add(Softmax(3), biased, name="answer")]
    return graph


def test_heads_have_the_last_layer_of_each_branch() -> None:
    assert distillation_nodes(branching()) == ["boxes", "classes", "biased"]
    assert score_nodes(branching()) == ["joined", "biased"]


def test_products_of_what_is_computed_are_no_layers() -> None:
    graph = Graph("attention")
    build, x = Builder(graph), graph.add_input("x", TensorType((1, 4, 4)))
    weights = build.constant(np.eye(4), np.float32)
    dense = build.add(FullyConnected(), x, weights, name="dense")
    graph.outputs = [build.add(Matmul(), dense, build.add(Relu(), dense), name="product")]
    assert distillation_nodes(graph) == ["dense"]


@pytest.mark.parametrize("name, count", [("mobilenet_v2", 1), ("resnet8", 1), ("fastestdet", 3)])
def test_real_models_have_the_last_layer_of_each_head(name: str, count: int) -> None:
    if name not in REAL:
        pytest.skip("LITE_TEST_DATA is not set: no real models")
    graph = load_graph(REAL[name].file)
    nodes = distillation_nodes(graph)
    assert len(nodes) == count, nodes
    values_by_name(graph, nodes, "it")


def test_channels_are_where_the_layers_have_them(make_classifier: Callable[..., Graph]) -> None:
    for layout, axis in (("nchw", 1), ("nhwc", 3)):
        values = {value.name: value for value in make_classifier(4, layout=layout).values()}
        assert [channel_axis(values[name]) for name in ("first", "norm", "active", "features")] == [axis] * 4
        assert channel_axis(values["scores"]) == 1


def test_unknown_names_are_answered_with_known_ones() -> None:
    with pytest.raises(InputError, match=r"it: it has no value 'boxs'\n.*did you mean 'boxes'"):
        values_by_name(branching(), ["trunk", "boxs"], "it")
