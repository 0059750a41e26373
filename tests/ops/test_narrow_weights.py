# SPDX-License-Identifier: Apache-2.0
"""Weights of 7 bits take faster kernels where there are no dot products of bytes, with the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from lite import Model, _native, ops
from lite.ir import Graph, TensorType
from lite.ir.interpret import interpret
from lite.nb.writer import to_bytes
from lite.quant.parameters import GREATEST_WEIGHT

LIMIT = GREATEST_WEIGHT[7]
LAYERS = ("q_conv2d", "q_fully_connected", "q_conv2d_transpose")
WITHOUT_DOT_PRODUCTS = ("x86_avx2", "x86_avx512")


def _models(layer, fill):
    """The layer's samples with other weights and inputs."""
    for op, inputs in ops.get(layer).samples():
        x, w, *others = inputs
        if x.dtype != np.int8 or not x.size:
            continue
        x, w = fill(x, w)
        graph = Graph(layer)
        shown = graph.add_input("x", TensorType.of(x))
        rest = [None if other is None else graph.constant(other) for other in others]
        graph.outputs = list(graph.add(op, [shown, graph.constant(w), *rest]))
        yield Model(to_bytes(graph)), {"x": x}, interpret(graph, {"x": x})


def _kernels(model, feeds):
    return {layer.kernel for layer in model.session().profile(feeds, warmup=0, repeats=1).layers}


@pytest.mark.parametrize("isa", _native.usable_isas())
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("fill", [
    lambda x, w: (x, np.clip(w, -LIMIT, LIMIT)),
    lambda x, w: (np.full_like(x, 127), np.full_like(w, LIMIT)),
    lambda x, w: (np.full_like(x, 127), np.full_like(w, -LIMIT)),
], ids=["cut", "highest", "lowest"])  # fmt: skip
def test_narrow_weights_have_the_same_bits(monkeypatch, isa, layer, fill):
    monkeypatch.setenv("LITE_FORCE_ISA", isa)
    for model, feeds, expected in _models(layer, fill):
        for found, meant in zip(model.session().run(None, feeds), expected.values()):
            assert np.array_equal(found, meant)


@pytest.mark.parametrize("isa", _native.usable_isas())
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("greatest", [-LIMIT - 1, -LIMIT, LIMIT, LIMIT + 1])
def test_the_kernel_follows_from_the_weights(monkeypatch, isa, layer, greatest):
    def fill(x, w):
        w = np.zeros_like(w)
        w.flat[-1] = greatest
        return x, w

    monkeypatch.setenv("LITE_FORCE_ISA", isa)
    narrow = isa in WITHOUT_DOT_PRODUCTS and abs(greatest) <= LIMIT
    for model, feeds, _ in _models(layer, fill):
        for kernel in _kernels(model, feeds) - {"depthwise"}:  # windows of other sizes have one kernel
            assert kernel.endswith("_narrow") == narrow, kernel


def test_depthwise_layers_in_blocks_have_narrow_kernels(monkeypatch):
    if "x86_avx2" not in _native.usable_isas():
        pytest.skip("needs x86_avx2")
    monkeypatch.setenv("LITE_FORCE_ISA", "x86_avx2")
    found = [_kernels(model, feeds) for model, feeds, _ in
             _models("q_conv2d", lambda x, w: (x, np.clip(w, -LIMIT, LIMIT)))]
    assert found.count({"depthwise_narrow"}) == 8
