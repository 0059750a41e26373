# SPDX-License-Identifier: Apache-2.0
"""The layer that was spoilt is the one that is blamed."""

from __future__ import annotations

import numpy as np
import pytest

import lite
from lite.convert import convert_to_bytes, load_graph
from lite.errors import InputError
from lite.ir import Graph

pytest.importorskip("lite._native")
from lite.slim.analysis import blame, metric_errors
from lite.slim.counting import is_counted


def test_the_spoilt_layer_is_blamed(digits) -> None:
    layers = [node.name for node in load_graph(digits.model).nodes if is_counted(node)]
    for spoilt in layers:
        found = blame(digits.model, with_noise(load_graph(digits.model), spoilt), digits.images[:4])
        assert [layer.partition("/")[0] for layer in found] == [spoilt.partition("/")[0]]
        assert 15 < next(iter(found.values())) < 30  # a noise of a twentieth


def with_noise(graph: Graph, layer: str) -> Graph:
    weights = next(node for node in graph.nodes if node.name == layer).inputs[1]
    noise = np.random.default_rng(0).standard_normal(weights.array.shape) * weights.array.std() / 20
    weights.array = (weights.array + noise).astype(np.float32)
    return graph


def test_integer_layers_are_blamed_the_worst_first(digits) -> None:
    cut, reader = "depthwise_conv2d_0.tmp_0/conv2d", "conv2d_1.tmp_0/conv2d"
    recipe = {cut: {"percentile": 0.6}}  # the rest is cut off, which shows there and where it is read
    settings = lite.StaticPTQ(digits.images[:50], recipe=recipe, algo="percentile")
    found = blame(digits.model, convert_to_bytes(digits.model, quantize=settings)[0], digits.images[:4])
    assert set(list(found)[:2]) == {cut, reader}
    assert list(found.values()) == sorted(found.values()) and len(found) >= 6


def test_accuracy_is_lost_to_the_layer_that_is_cut_off(digits) -> None:
    def evaluate(session: lite.Session) -> float:
        said = [np.argmax(session(image[None])) for image in digits.images[:100]]
        return float(np.mean(np.array(said) == digits.labels[:100]))

    recipe = {"conv2d_1.tmp_0/conv2d": {"percentile": 0.51}}
    settings = lite.StaticPTQ(digits.images[100:150], recipe=recipe, algo="percentile")
    tried = ["conv2d_1.tmp_0/conv2d", "conv2d_2.tmp_0/conv2d"]
    found = metric_errors(digits.model, settings, evaluate, layers=tried[::-1])
    assert list(found) == tried and found[tried[0]] > 0.1 > found[tried[1]]
    with pytest.raises(InputError, match="no layer is called 'conv9'"):
        metric_errors(digits.model, settings, evaluate, layers=["conv9"])
