# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from lite.ir.quant import Quantization
from lite.quant.analysis import LayerError, layer_errors, propose
from lite.quant.settings import StaticPTQ
from lite.quant.static_ptq import quantize
from tests.quant.conftest import net


@pytest.fixture
def samples(data):
    return [{"x": row[None]} for row in data]


def spoiled(graph, data, prepare, name, steps):
    """The layers of a net that was quantized with a scale that is much too great for one value."""
    outcome = quantize(graph, StaticPTQ(data), prepare)
    for node in graph.nodes:
        if node.op.name in ("quantize", "dequantize") and node.name.startswith(f"{name}."):
            scale = node.inputs[1]
            scale.array = np.asarray(scale.array * np.float32(steps))
            quantization = (node.outputs if node.op.name == "quantize" else node.inputs)[0].quantization
            node_q = node.outputs[0] if node.op.name == "quantize" else node.inputs[0]
            node_q.quantization = Quantization(float(scale.array), quantization.zero_point)
    return outcome.layers


def test_the_worst_layer_is_named(graph, data, prepare, samples):
    layers = spoiled(graph, data, prepare, "deep", 30.0)
    errors = layer_errors(net(), graph, layers, prepare, samples)
    assert errors[0].layers == ("deep",) and errors[0].sqnr_db < errors[1].sqnr_db - 5
    assert sorted(layer for error in errors for layer in error.layers) == sorted(layers)
    assert propose(errors, below_db=errors[0].sqnr_db + 1) == {"exclude": ["deep"]}


def test_a_proposal_is_a_recipe_that_can_be_used(data, prepare, samples):
    found = (("second", 3.0), ("first", 12.0), ("last", 40.0))
    errors = [LayerError(name, sqnr_db, (name,)) for name, sqnr_db in found]
    recipe = propose(errors)
    assert recipe == {"exclude": ["second", "first"]}
    assert propose(errors, most=1) == {"exclude": ["second"]}
    outcome = quantize(net(), StaticPTQ(data, **recipe), prepare)
    assert "second" not in outcome.layers and "last" in outcome.layers
