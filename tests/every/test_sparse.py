# SPDX-License-Identifier: Apache-2.0
"""Every sample of conv2d with its weights stored sparse: right on each instruction set, by each kernel."""

from __future__ import annotations

import numpy as np
import pytest

from lite import Model, _native, ops
from lite.ir import Graph
from lite.nb.writer import to_bytes
from lite.passes import pipeline
from lite.passes.to_nhwc import ToNhwc
from lite.session import Session
from lite.tuning.kernels import tune

KERNELS = ("sparse", "gemm_1x1")


@pytest.fixture(scope="module")
def models(cases_of):
    """Those that have sparse weights, with their feeds."""
    built = []
    for case in cases_of(ops.get("conv2d")):
        graph, feeds = case.graph()
        pipeline.run(graph, [ToNhwc()])
        data = to_bytes(graph, sparse_from=0.0)
        if data != to_bytes(graph):
            built.append((case, Model(data), feeds))
    assert len(built) > 1
    return built


def forced(model: Model, kernel: str, threads: int) -> Session:
    table = _native.TuneTable()
    for layer in tune(model, {info.name: info.shape for info in model.inputs}, (threads,)).layers:
        table.add(layer.layer, threads, [(kernel, 1.0)])
    return Session(model, _native.Session.create(model._native, threads, 0, "exact", table))


@pytest.mark.parametrize("isa", _native.usable_isas())
@pytest.mark.parametrize("kernel", KERNELS)
def test_sparse_weights_mean_the_same(models, kernel, isa, monkeypatch):
    monkeypatch.setenv("LITE_FORCE_ISA", isa)
    problems = []
    for case, model, feeds in models:
        session = forced(model, kernel, 1)
        assert kernel in [step[2] for step in session._native.steps()], str(case)
        problems += case.problems(session.run(None, feeds))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("isa", _native.usable_isas())
def test_threads_change_no_bit(isa, monkeypatch):
    monkeypatch.setenv("LITE_FORCE_ISA", isa)
    model = Model(to_bytes(pruned(), sparse_from=0.6))
    x = np.random.default_rng(1).standard_normal((2, 9, 11, 40)).astype(np.float32)
    alone, *teams = (forced(model, "sparse", threads).run(None, {"x": x})[0] for threads in (1, 2, 4))
    assert all(team.tobytes() == alone.tobytes() for team in teams)


def pruned() -> Graph:
    """A layer of 40 channels to 300, four of five weights zero."""
    from lite.ir import DType, TensorType
    from lite.ops.conv2d import Conv2d

    random = np.random.default_rng(0)
    w = random.standard_normal((300, 40, 1, 1)) * (random.random((300, 40, 1, 1)) < 0.2)
    graph = Graph("pruned")
    x = graph.add_input("x", TensorType((2, 9, 11, 40), DType.F32))
    w = graph.constant(w.astype(np.float32), "w")
    graph.outputs = list(graph.add(Conv2d(layout="nhwc", activation="relu"), [x, w], name="y"))
    return graph
