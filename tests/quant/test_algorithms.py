# SPDX-License-Identifier: Apache-2.0
"""Equalizing keeps the meaning, learnt roundings are no worse than nearest ones, biases take up the mean."""

from __future__ import annotations

import numpy as np

from lite.ir.interpret import interpret
from lite.quant.algorithms.adaround import _loss, learn
from lite.quant.algorithms.bias_correction import BiasCorrection
from lite.quant.algorithms.equalize import Equalize
from lite.quant.calibrate import calibrate, merged
from lite.quant.grouping import plan
from lite.quant.layers import layers_of
from lite.quant.roles import layer_names
from lite.quant.samples import Samples
from tests.quant.conftest import net


def layers(graph):
    return layers_of(plan(graph, {}), layer_names(graph))


def watched(graph, data, prepare, *parts):
    calibrate(graph, Samples(data, graph), prepare, merged(parts), lambda message: None)


def test_equalize_keeps_what_was_seen(data, prepare):
    for activation in ("relu6", "relu", "none"):
        graph = net(activation)
        for value in graph.constants():  # some channels much smaller, some that reach 6
            if value.array.shape[0] == 6:
                value.array = value.array * np.array([1, 0.01, 9, 0.1, 1, 1], np.float32).reshape(
                    [-1] + [1] * (value.array.ndim - 1))
        expected = [interpret(graph, {"x": row[None]})["y"] for row in data]
        equalize = Equalize(graph, layers(graph))
        watched(graph, data, prepare, equalize.watches())
        assert equalize.apply() == 1  # "first" has several readers
        found = [interpret(graph, {"x": row[None]})["y"] for row in data]
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_equalize_makes_channels_alike(data, prepare):
    graph = net("none")
    deep = next(node for node in graph.nodes if node.name == "deep")
    small = np.array([1, 0.2, 1, 0.5, 1, 1], np.float32)
    for position in (1, 2):
        value = deep.inputs[position]
        value.array = value.array * small.reshape([-1] + [1] * (value.array.ndim - 1))

    def spread():
        greatest = np.max([prepare(graph, ["deep"])({"x": row[None]})["deep"].__abs__().max(axis=(0, 1, 2))
                           for row in data], axis=0)
        return greatest.max() / greatest.min()

    before = spread()
    equalize = Equalize(graph, layers(graph))
    watched(graph, data, prepare, equalize.watches())
    equalize.apply()
    assert spread() < before**0.6


def test_bias_takes_up_the_mean(graph, data, prepare):
    last = layers(graph)[-1]
    correction = BiasCorrection([last])
    watched(graph, data, prepare, correction.watches())
    mean = np.mean([prepare(graph, ["mean"])({"x": row[None]})["mean"] for row in data], axis=0)
    rounded = last.w + 0.1
    shift = mean @ rounded + correction.bias(last, rounded) - mean @ last.w
    np.testing.assert_allclose(shift, 0, atol=1e-5)


def test_learnt_roundings_are_no_worse_and_near():
    random = np.random.RandomState(2)
    steps = random.uniform(-100, 100, (2, 7, 24)).astype(np.float32)
    rows = random.standard_normal((2, 24, 5)) @ random.standard_normal((2, 5, 60))
    rows = rows + 0.1 * random.standard_normal((2, 24, 60))
    products = (rows @ rows.transpose(0, 2, 1)).astype(np.float32)
    learnt = learn(steps, products)
    nearest = np.rint(steps)
    assert np.array_equal(learnt, np.rint(learnt)) and np.abs(learnt - steps).max() <= 1
    assert (_loss(learnt - steps, products) <= _loss(nearest - steps, products)).all()
    assert _loss(learnt - steps, products).sum() < 0.6 * _loss(nearest - steps, products).sum()
