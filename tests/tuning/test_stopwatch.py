# SPDX-License-Identifier: Apache-2.0
"""Times of layers are those of each by itself, also where several run together in the net."""

from __future__ import annotations

import numpy as np

from lite.ir import Graph, TensorType
from lite.nb.writer import to_bytes
from lite.ops import get
from lite.tuning.stopwatch import Net, layer_times


def test_layers_that_run_together_are_timed_one_by_one(monkeypatch) -> None:
    monkeypatch.setenv("LITE_CACHE_BYTES", "150000")
    graph = Graph("chain")
    x = graph.add_input("x", TensorType((1, 128, 32, 8)))
    conv = get("conv2d")
    (wide,) = graph.add(conv(layout="nhwc"), [x, graph.constant(np.ones((24, 8, 1, 1), np.float32))])
    (y,) = graph.add(conv(layout="nhwc"), [wide, graph.constant(np.ones((8, 24, 1, 1), np.float32))])
    graph.outputs = [y]
    net = Net(to_bytes(graph), graph, {})
    assert [step.kernel for step in net.session.profile(net.feeds, repeats=1)] == ["strips_1x1_1x1"]
    (timed,) = layer_times([net], rounds=1)
    assert [node for node, _, _ in timed] == list(graph.nodes)
    assert all(time_us > 0 for _, _, time_us in timed)
