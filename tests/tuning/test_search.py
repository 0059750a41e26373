# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from lite.errors import CalibrationError
from lite.ir import Graph, TensorType
from lite.nb.writer import to_bytes
from lite.ops.mul import Mul
from lite.session import Model
from lite.tuning.guard import Built
from lite.tuning.search import Start, search

START = [Start("minmax", lambda names: net(names), lambda integers: [])]
NAMES = [f"layer{index}" for index in range(20)]


def net(excluded):
    """y = x * number of layers kept float: an evaluation can read it from the outputs."""
    graph = Graph()
    x = graph.add_input("x", TensorType((1,)))
    factor = graph.constant(np.array([len(excluded)], np.float32))
    graph.outputs = list(graph.add(Mul(), [x, factor], outputs=["y"]))
    return Built(to_bytes(graph), graph)


def kept_float(model):
    return int(model.session()(np.ones(1, np.float32))[0])


def run(needed):
    """Search where a net is good enough once so many layers are float; also the counts evaluated."""
    seen = []

    def evaluate(model):
        seen.append(kept_float(model))
        return 80.0 if seen[-1] >= needed else 70.0

    start = Start("minmax", net, lambda integers: [[name] for name in NAMES])
    built, found = search(net(range(999)), [start], evaluate, 0.5)
    return kept_float(Model(built.nb)), found, seen


@pytest.mark.parametrize("needed", [0, 1, 2, 3, 5, 8, 13, 20])
def test_the_fewest_layers_with_few_evaluations(needed):
    count, found, seen = run(needed)
    assert count == needed == len(found.exclude) and found.is_reached
    assert list(found.exclude) == NAMES[:needed]
    assert len(seen) == len(set(seen)) <= 11


def test_nothing_is_ranked_if_integers_do():
    def rank(integers):
        raise AssertionError("asked")

    _, found = search(net(range(9)), [Start("minmax", net, rank)], lambda model: 1.0, 0.0)
    assert found.exclude == () and "no layer has to stay float" in str(found)


def test_out_of_reach_is_float():
    count, found, _ = run(needed=25)
    assert count == 999 and not found.is_reached
    assert "out of reach" in str(found)


def broken(model):
    raise KeyError("labels")


def test_an_evaluation_that_raises_is_named():
    with pytest.raises(CalibrationError, match=r"evaluate \(broken\) raised KeyError: 'labels'"):
        search(net(()), START, broken, 0.5)
    for answer in ("good", None, float("nan")):
        with pytest.raises(CalibrationError, match="expected a number"):
            search(net(()), START, lambda model, answer=answer: answer, 0.5)


def test_another_algorithm_is_cheaper_than_float_layers():
    """The first one that suffices is taken, and the best one if none does."""
    def starts(*costs):
        return [Start(algo, lambda names, cost=cost: net(range(max(0, cost - len(names)))),
                      lambda integers: [[name] for name in NAMES])
                for algo, cost in zip(("a", "b", "c"), costs)]  # fmt: skip

    loss = lambda model: -kept_float(model)  # noqa: E731
    _, found = search(net(()), starts(9, 2, 1), loss, 2.0)
    assert (found.algo, found.exclude) == ("b", ()) and len(found.scores) == 2
    _, found = search(net(()), starts(9, 5, 7), loss, 2.0)
    assert found.algo == "b" and len(found.exclude) == 3
