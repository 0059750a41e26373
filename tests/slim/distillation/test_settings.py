# SPDX-License-Identifier: Apache-2.0
"""Settings say what is compared, in PaddleSlim's words or ours; what makes no sense is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lite.errors import InputError
from lite.slim import Distillation, Pair


def pairs(**settings: Any) -> list[tuple]:
    def automatic(on_scores: bool) -> list[tuple[str, str]]:
        return [("scores", "their scores")] if on_scores else [("a", "A"), ("b", "B")]

    return [(pair.student, pair.teacher, pair.loss, pair.weight) for pair in
            Distillation(**settings).pairs(automatic)]  # fmt: skip


@pytest.mark.parametrize("settings, expected", [
    ({}, [("a", "A", "l2", 1.0), ("b", "B", "l2", 1.0)]),
    ({"loss": "soft_label", "alpha": 2}, [("scores", "their scores", "soft_label", 2)]),
    ({"loss": ["soft_label_loss", "l2_loss"], "alpha": [1.0, 0.5]},
     [("scores", "their scores", "soft_label", 1.0), ("a", "A", "l2", 0.5), ("b", "B", "l2", 0.5)]),
    ({"node": ["x", "y"]}, [("x", "x", "l2", 1.0), ("y", "y", "l2", 1.0)]),
    ({"node": "x", "loss": "dkd"}, [("x", "x", "dkd", 1.0)]),
    ({"node": ["teacher_X", "x", "y", "teacher_Z", "z"], "loss": ["l2", "l1", "kl"]},
     [("x", "X", "l2", 1.0), ("y", "y", "l1", 1.0), ("z", "Z", "kl", 1.0)]),
    ({"node": [["teacher_X", "x", "y"], ["z"]], "loss": ["l2", "soft_label"], "alpha": [3.0, 4.0]},
     [("x", "X", "l2", 3.0), ("y", "y", "l2", 3.0), ("z", "z", "soft_label", 4.0)]),
    ({"node": ["teacher_a", "teacher_b", "c", "d"], "loss": "fsp_loss"},
     [(("c", "d"), ("a", "b"), "fsp", 1.0)]),
    ({"node": ["teacher_a", "c", "teacher_b", "d"], "loss": "fsp"}, [(("c", "d"), ("a", "b"), "fsp", 1.0)]),
    ({"node": ["c", "d"], "loss": "fsp"}, [(("c", "d"), ("c", "d"), "fsp", 1.0)]),
])  # fmt: skip
def test_nodes_become_pairs(settings: dict[str, Any], expected: list[tuple]) -> None:
    assert pairs(**settings) == expected


@pytest.mark.parametrize("settings, words", [
    ({"loss": "l3"}, "there is no loss 'l3'.*\n.*did you mean 'l2'"),
    ({"loss": "soft_labels"}, "did you mean 'soft_label'"),
    ({"loss": 7}, "there is no loss 7"),
    ({"loss": ()}, "it is empty"),
    ({"alpha": -1.0}, "alpha is -1.0"),
    ({"alpha": "much"}, "'much', expected a number"),
    ({"alpha": [1.0, 2.0]}, "there are 2 for 1 nodes"),
    ({"node": ["a", "b", "c"], "loss": ["l2", "l1"]}, "there are 2 for 3 nodes"),
    ({"node": ["a", "teacher_b"]}, "no value of the student follows 'teacher_b'"),
    ({"node": ["a"], "loss": "fsp"}, "fsp got 1 values of the student, expected 2"),
    ({"temperature": 0}, "temperature is 0"),
    ({"temperature": math.nan}, "temperature is nan"),
    ({"labels": True}, "labels is True"),
])  # fmt: skip
def test_nonsense_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Distillation(**settings)


def test_a_pair_says_what_it_compares() -> None:
    assert Pair("a").teacher == "a" and str(Pair("a", "b", "kl_loss")) == "kl of 'a' and the teacher's 'b'"
    assert Pair(["a", "b"], loss="fsp").student == ("a", "b")  # type: ignore[arg-type]
    refused = (({"loss": "l4"}, "no loss"), ({"loss": 3}, "a name or a function"),
               ({"weight": math.inf}, "weight is inf"), ({"teacher": ("a", "b")}, "2 values of the teacher"))
    for wrong, words in refused:
        with pytest.raises(InputError, match=words):
            Pair("a", **wrong)
