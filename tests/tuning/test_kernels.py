# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

import lite
from lite.errors import ShapeError
from lite.ir import Dim, Graph, Symbol, TensorType
from lite.nb.writer import to_bytes
from lite.ops import get
from lite.passes import pipeline
from lite.passes.to_nhwc import ToNhwc
from lite.tuning.kernels import TunedLayer, tune


@pytest.fixture(scope="module")
def model() -> lite.Model:
    """Two like convolutions, a third one, and an op without a choice."""
    graph = Graph("convs")
    x = graph.add_input("x", TensorType((1, 16, 12, 12)))
    w = np.random.default_rng(0).standard_normal((16, 16, 3, 3)).astype(np.float32)
    for name, pads in (("first", 1), ("second", 1), ("third", 0)):
        (x,) = graph.add(get("conv2d")(pads=(pads,) * 4), [x, graph.constant(w, f"w of {name}")], name=name)
    graph.outputs = list(graph.add(get("relu")(), [x], name="end"))
    pipeline.run(graph, [ToNhwc()])
    return lite.Model(to_bytes(graph))


def test_like_layers_are_measured_once(model):
    told = []
    found = tune(model, {}, (1, 2, 1), tell=told.append)
    assert [(row.name, row.nodes, row.threads) for row in found.layers if row.name != "end"
            and "/alone" not in row.timings[0][0] and row.layer.startswith("conv2d")] == [
        ("first", 2, 1), ("third", 1, 1), ("first", 2, 2), ("third", 1, 2)]
    times = dict(found.layers[0].timings)
    assert set(times) == {"gemm_rows", "gemm_taps", "winograd_2x3", "winograd_4x3", "winograd_6x3"}
    assert all(time_us > 0 for time_us in times.values())
    assert len(found.table) == len(found.layers)
    assert told[0].startswith("timing layers on 1 thread: 0 of ") and "2 threads" in told[-1]


def test_the_choice_is_the_tables(model):
    found = tune(model, {}, (1,))
    for row in found.layers:
        assert row.best == found.table.kernel(row.layer, 1)
        assert row.best_us <= row.usual_us and row.saved_us >= 0


def test_shapes_must_be_known():
    graph = Graph("free")
    graph.symbols = {"n": Symbol("n", 1, 8)}
    x = graph.add_input("x", TensorType((Dim.symbol("n"), 4)))
    graph.outputs = list(graph.add(get("relu")(), [x]))
    session = lite.Model(to_bytes(graph)).session()
    with pytest.raises(ShapeError, match="input shapes are not fixed"):
        session.tuned_layers(lambda done, total: True)
    session.resize({"x": (2, 4)})
    assert session.tuned_layers(lambda done, total: True) == []


def test_tuning_can_be_stopped(model):
    session = model.session()
    assert session.tuned_layers(lambda done, total: False) == []


def test_what_progress_raises_is_passed_on(model):
    session = model.session()
    with pytest.raises(KeyboardInterrupt):
        session.tuned_layers(interrupted)
    session.run(session.random_feeds())


def interrupted(done: int, total: int) -> bool:
    raise KeyboardInterrupt


def test_what_a_layer_says():
    layer = TunedLayer("conv2d", "stem", 3, 1, (("a", 10.0), ("b", 8.0)), "b")
    assert (layer.usual, layer.usual_us, layer.best_us, layer.saved_us) == ("a", 10.0, 8.0, 6.0)
    assert layer.to_dict()["timings"] == {"a": 10.0, "b": 8.0}
