# SPDX-License-Identifier: Apache-2.0
"""Scores come from the real runtime, and a judge that fails says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lite.convert import convert_to_bytes
from lite.errors import CalibrationError
from lite.ir import Graph
from lite.quant import StaticPTQ
from lite.slim.act.data import Data
from lite.slim.act.judge import Agreement, Judge, Score, top1


def test_top1_counts_answers(graph: Graph, images: np.ndarray) -> None:
    floats, data = convert_to_bytes(graph)[0], Data(images, graph)
    scored = []

    def answers(session: Any) -> float:
        scored.extend(int(np.argmax(session.run(feeds)["answer"])) for feeds in data.samples())
        return 1.0

    assert Judge(answers)(floats) == Score(1.0)
    right = Judge(top1(list(data.samples()), np.array(scored)))
    assert right(floats).value == 1.0 and right.metric == "top-1"
    wrong = [*scored[:30], *((answer + 1) % 5 for answer in scored[30:])]
    assert Judge(top1(list(data.samples()), np.array(wrong)))(floats).value == 0.75


def test_agreement_of_answers(graph: Graph, images: np.ndarray) -> None:
    floats = convert_to_bytes(graph)[0]
    judge = Agreement(floats, Data(images, graph))
    assert judge(floats) == Score(1.0, 0.0) and judge.metric == "answers as float"
    found = judge(convert_to_bytes(graph, quantize=StaticPTQ(images))[0])
    assert 0.8 <= found.value <= 1 and 0 < found.distance < 0.05


def test_agreement_of_other_outputs(graph: Graph, images: np.ndarray) -> None:
    graph.outputs = [next(value for value in graph.values() if value.name == "relu")]
    floats = convert_to_bytes(graph)[0]
    judge = Agreement(floats, Data(images, graph))
    found = judge(convert_to_bytes(graph, quantize=StaticPTQ(images))[0])
    assert judge.metric == "1 - EMD" and judge(floats).value == 1.0
    assert 0.95 < found.value < 1 and found.value == 1 - found.distance


def test_losses_are_parts_of_the_float_score() -> None:
    assert Score(0.6).loss(Score(0.8)) == pytest.approx(0.25)
    assert Score(-30.0).loss(Score(-20.0)) == pytest.approx(0.5)
    assert Score(81.0).loss(Score(80.0)) < 0 and Score(-0.5).loss(Score(0.0)) == 0.5


@pytest.mark.parametrize(("returned", "words"), [
    (float("nan"), "returned nan"), (None, "returned None"), ("high", "returned 'high'"),
    (float("inf"), "expected a finite number")])  # fmt: skip
def test_no_number_is_refused(graph: Graph, returned: Any, words: str) -> None:
    with pytest.raises(CalibrationError, match=words):
        Judge(lambda session: returned)(convert_to_bytes(graph)[0])


def test_a_judge_that_raises(graph: Graph) -> None:
    with pytest.raises(CalibrationError, match="raised ZeroDivisionError: division by zero") as told:
        Judge(lambda session: 1 / 0)(convert_to_bytes(graph)[0])
    assert "Session" in str(told.value.hint)


def test_labels_beyond_the_outputs(graph: Graph, images: np.ndarray) -> None:
    judge = Judge(top1(list(Data(images, graph).samples()), np.full(40, 7)))
    with pytest.raises(CalibrationError, match="label 7 is beyond the 5 outputs"):
        judge(convert_to_bytes(graph)[0])
