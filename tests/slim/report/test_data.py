# SPDX-License-Identifier: Apache-2.0
"""Reports go to JSON and back; what is no report is refused in words."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lite.errors import FileError, InputError
from lite.slim.report import Measured, Report, pareto_front, write_report


def test_json_says_everything(report: Report) -> None:
    assert Report.from_dict(json.loads(report.to_json())) == report


def test_numpys_numbers_are_plain_in_json() -> None:
    report = Report("t", "c", (Measured("m", int(np.int64(5)), np.float32(0.5), np.float64(0.25)),))  # type: ignore[arg-type]
    assert report.to_dict()["models"][0]["latency_ms"] == 0.5


def test_the_chosen_model_is_held_against_the_first(report: Report) -> None:
    assert (report.before.name, report.after.name) == ("float", "int8")
    assert replace(report, chosen="").after is report.models[-1]


@pytest.mark.parametrize("wrong, words", [
    ({"chosen": "int4"}, "int4"),
    ({"models": ()}, "at least one"),
    ({"models": (Measured("a", 1), Measured("a", 2)), "chosen": ""}, "a name of its own"),
    ({"models": (Measured("a", 1, math.nan),), "chosen": ""}, r"models\[0\].latency_ms: it is nan"),
    ({"sensitivities": {"conv": {0.1: math.inf}}}, r"sensitivities.conv.0.1: it is inf"),
])  # fmt: skip
def test_what_cannot_be_shown_is_refused(report: Report, wrong: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        replace(report, **wrong)


@pytest.mark.parametrize("damage", [{"models": [{"name": "a"}]}, {"models": 3}, {"colour": "red"},
                                    {"weights": [{"name": "w"}]}, {"sensitivities": {"conv": 3}},
                                    {"sensitivities": {"conv": {"much": 1}}}])  # fmt: skip
def test_foreign_json_is_refused_in_words(report: Report, damage: dict) -> None:
    with pytest.raises(InputError, match="no report"):
        Report.from_dict({**report.to_dict(), **damage})


def test_the_front_is_what_none_beats_in_both() -> None:
    points = [(3.0, 0.9), (1.0, 0.5), (2.0, 0.4), (3.0, 0.8), (1.0, 0.6), (4.0, 0.9)]
    best = [place for place, (cost, gain) in enumerate(points)
            if not any(other != (cost, gain) and other[0] <= cost and other[1] >= gain for other in points)]
    assert sorted(pareto_front(points)) == sorted(best) == [0, 4]
    assert pareto_front([]) == [] and pareto_front([(1.0, 0.5)]) == [0]


def test_both_files_are_written_under_one_name(report: Report, tmp_path: Path) -> None:
    for name in ("a", "b.html", "c.json"):
        written = write_report(report, tmp_path / name)
        assert [path.name for path in written] == [f"{name[0]}.json", f"{name[0]}.html"]
        assert Report.from_dict(json.loads(written[0].read_text())) == report
    with pytest.raises(InputError, match=r"\.pdf"):
        write_report(report, tmp_path / "d.pdf")
    with pytest.raises(FileError):
        write_report(report, tmp_path / "nowhere" / "d")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"{name}.{kind}" for name in "abc" for kind in ("html", "json"))  # fmt: skip
