# SPDX-License-Identifier: Apache-2.0
"""Every kernel that a layer could be tuned to, forced on every sample: right, and what was asked for."""

from __future__ import annotations

import pytest

from lite import Model, _native, ops
from lite.nb.writer import to_bytes
from lite.passes import pipeline
from lite.passes.lower_ops import LowerOps
from lite.passes.to_nhwc import ToNhwc
from lite.session import Session
from lite.tuning.kernels import tune

KERNELS = frozenset(_native.ops())
WITH_CHOICE = ("conv2d", "q_conv2d", "q_fully_connected")
THREADS = 2


def _forced(model: Model, layer: str, kernel: str) -> Session:
    table = _native.TuneTable()
    table.add(layer, THREADS, [(kernel, 1.0)])
    return Session(model, _native.Session.create(model._native, THREADS, 0, "exact", table))


@pytest.mark.parametrize("isa", _native.usable_isas())
@pytest.mark.parametrize("name", WITH_CHOICE)
def test_every_kernel_means_the_same(name, cases_of, isa, monkeypatch):
    monkeypatch.setenv("LITE_FORCE_ISA", isa)
    problems, tried = [], set()
    for case in cases_of(ops.get(name)):
        graph, feeds = case.graph()
        pipeline.run(graph, [LowerOps(KERNELS), ToNhwc()])
        model = Model(to_bytes(graph))
        for layer in tune(model, {info.name: info.shape for info in model.inputs}, (THREADS,)).layers:
            for kernel, _ in layer.timings:
                session = _forced(model, layer.layer, kernel)
                problems += [f"{kernel}: {problem}" for problem in case.problems(session.run(None, feeds))]
                ran = [step[2] for step in session._native.steps()]
                if kernel.removesuffix("/alone") not in ran:
                    problems.append(f"{case}: asked for {kernel}, ran {ran}")
                tried.add(kernel)
    assert not problems, "\n".join(problems)
    assert len(tried) > 1


def test_all_ops_with_a_choice_are_tried_here(cases_of):
    """By what tuning finds in one sample of each op, on one thread."""
    found = set()
    for kind in ops.all_ops():
        for case in cases_of(kind)[:3]:
            if kind.name in KERNELS:
                graph, _ = case.graph()
                pipeline.run(graph, [LowerOps(KERNELS), ToNhwc()])
                model = Model(to_bytes(graph))
                rows = tune(model, {info.name: info.shape for info in model.inputs}, (1,)).layers
                found |= {row.layer.split()[0] for row in rows}
    assert found <= set(WITH_CHOICE)


def test_a_name_that_does_not_fit_is_nothing(cases_of):
    case = cases_of(ops.get("conv2d"))[0]
    graph, feeds = case.graph()
    pipeline.run(graph, [ToNhwc()])
    model = Model(to_bytes(graph))
    row = tune(model, {info.name: info.shape for info in model.inputs}, (THREADS,)).layers
    layer = row[0].layer if row else ""
    assert not case.problems(_forced(model, layer, "no_such_kernel/alone").run(None, feeds))
