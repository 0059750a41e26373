# SPDX-License-Identifier: Apache-2.0
"""Post-processing is cut off for training, and put back as it was."""

from __future__ import annotations

import numpy as np
import pytest

from lite.errors import InputError
from lite.ir import Builder, Graph, TensorType
from lite.ir.interpret import interpret
from lite.ir.text import to_text
from lite.ir.verify import verify
from lite.ops.add import Add
from lite.ops.arg_max import ArgMax
from lite.ops.conv2d import Conv2d
from lite.ops.gather import Gather
from lite.ops.mul import Mul
from lite.ops.non_max_suppression import NonMaxSuppression
from lite.ops.reshape import Reshape
from lite.ops.slice import Slice
from lite.slim.act.cutting import cut


def detector() -> Graph:
    """A convolution makes 16 boxes and their scores; NMS chooses; all boxes leave with a factor, too."""
    graph, random = Graph("detector"), np.random.RandomState(2)
    x = graph.add_input("image", TensorType((1, 3, 4, 4)))
    scale = graph.add_input("scale", TensorType((1,)))
    build = Builder(graph)
    w = build.constant(random.standard_normal((5, 3, 3, 3)), np.float32, "w")
    head = build.add(Conv2d(pads=(1, 1, 1, 1)), x, w, name="head")
    flat = build.add(Reshape(shape=(1, 5, 16)), head, name="flat")
    scores = build.add(Slice(axes=(1,), starts=(4,), sizes=(1,), steps=(1,)), flat, name="scores")
    four = build.add(Slice(axes=(1,), starts=(0,), sizes=(4,), steps=(1,)), flat, name="four")
    corners = build.add(Reshape(shape=(1, 1, 16, 4)), four, name="boxes")
    chosen = build.add(NonMaxSuppression(keep=5), corners, scores, name="chosen")
    scaled = build.add(Mul(), corners, scale, name="scaled")
    graph.outputs = [chosen, scaled]
    return graph


def test_a_detector_trains_without_nms() -> None:
    graph = detector()
    body, tail = cut(graph)
    assert tail is not None and tail.first == ("non_max_suppression",)
    assert {value.name for value in body.outputs} == {"scores", "boxes", "scaled"}
    assert "non_max_suppression" not in {node.op.name for node in body.nodes}
    verify(body)
    joined = tail.behind(body)
    verify(joined)
    assert [value.name for value in joined.outputs] == ["chosen", "scaled"]
    assert sorted(node.op.name for node in joined.nodes) == sorted(node.op.name for node in graph.nodes)
    feeds = {"image": np.random.RandomState(4).standard_normal((1, 3, 4, 4)).astype(np.float32),
             "scale": np.ones(1, np.float32)}
    expected, found = interpret(graph, feeds), interpret(joined, feeds)
    assert all(np.array_equal(expected[name], found[name]) for name in expected)


def test_what_reads_a_decision_is_cut_off_too() -> None:
    graph = Graph("answers")
    x = graph.add_input("x", TensorType((1, 8)))
    build = Builder(graph)
    logits = build.add(Add(), x, build.constant(np.arange(8), np.float32), name="logits")
    place = build.add(ArgMax(axis=1), logits, name="place")
    table = build.constant(np.arange(8), np.float32, "table")
    graph.outputs = [build.add(Gather(axis=0), table, place, name="word")]
    body, tail = cut(graph)
    assert tail is not None and [value.name for value in body.outputs] == ["logits"]
    feeds = {"x": np.array([[0, 0, 0, 9, 0, 0, 0, 0]], np.float32)}
    assert interpret(tail.behind(body), feeds)["word"] == interpret(graph, feeds)["word"] == 3


def test_without_decisions_nothing_is_cut(graph: Graph) -> None:
    body, tail = cut(graph)
    assert tail is None and to_text(body) == to_text(graph) and body is not graph


def test_a_model_that_only_decides() -> None:
    graph = Graph("decides")
    x = graph.add_input("x", TensorType((1, 8)))
    graph.outputs = list(graph.add(ArgMax(axis=1), [x]))
    with pytest.raises(InputError, match="nothing is left before arg_max"):
        cut(graph)


def test_a_body_that_lost_what_is_read() -> None:
    body, tail = cut(detector())
    assert tail is not None
    body.outputs = [value for value in body.outputs if value.name != "scores"]
    with pytest.raises(InputError, match="no value 'scores' any more"):
        tail.behind(body)
