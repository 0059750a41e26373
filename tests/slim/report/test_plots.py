# SPDX-License-Identifier: Apache-2.0
"""Drawings put numbers where they belong."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

from lite.slim.report import Weights
from lite.slim.report.axes import Axis
from lite.slim.report.plots import Point, most_sensitive, pareto, sensitivity_curves, weight_histogram


@pytest.mark.parametrize("numbers, marks", [
    ([0.0, 10.0], [0, 2, 4, 6, 8, 10]),
    ([88.16, 95.72], [88, 90, 92, 94, 96]),
    ([-0.07, 5.6], [-2, 0, 2, 4, 6]),
    ([0.0, 0.05], [0, 0.01, 0.02, 0.03, 0.04, 0.05]),
    ([7.0], [6, 6.5, 7, 7.5, 8]),
    ([0.0], [-1, -0.5, 0, 0.5, 1]),
    ([], [0, 0.2, 0.4, 0.6, 0.8, 1]),
    ([1e9, 4e9], [1e9, 2e9, 3e9, 4e9]),
])  # fmt: skip
def test_marks_are_round_and_around_the_numbers(numbers: list[float], marks: list[float]) -> None:
    axis = Axis.around(numbers, 0, 1)
    assert len(axis.marks) >= 4 and all(axis.low <= number <= axis.high for number in numbers)
    written = [f"{mark:.{axis.digits}f}" for mark in axis.marks]
    assert len(set(written)) == len(written)
    assert [float(text) for text in written] == pytest.approx(axis.marks)
    if len(numbers) != 1:
        assert axis.marks == pytest.approx(marks)


def test_no_mark_lies_beyond_what_can_be() -> None:
    assert Axis.around([100.0], 0, 1, most=100.0).marks == [90, 92, 94, 96, 98, 100]
    assert Axis.around([97.0, 100.0], 0, 1, most=100.0).high == 100


def test_places_are_linear() -> None:
    axis = Axis.around([0.0, 10.0], 40, 240)
    assert [axis.place(number) for number in (0, 2.5, 10)] == [40, 90, 240]


def test_points_lie_by_cost_and_gain() -> None:
    drawn = ElementTree.fromstring(pareto([Point("a", 10, 90), Point("b", 5, 80, True), Point("c", 8, 70)],
                                          "size, MB", "top-1, %"))
    found = {circle[0].text.split(":")[0]: circle.attrib for circle in drawn.iter("circle")}
    x, y = ({name: float(found[name][key]) for name in "abc"} for key in ("cx", "cy"))
    assert x["b"] < x["c"] < x["a"] and y["a"] < y["b"] < y["c"]
    assert [found[name]["class"] for name in "abc"] == ["point best", "point chosen", "point other"]
    front = next(line for line in drawn.iter("polyline")).attrib["points"]
    assert f"{x['a']:.1f},{y['a']:.1f}" in front and f"{x['c']:.1f},{y['c']:.1f}" not in front


def test_names_of_points_do_not_lie_on_each_other() -> None:
    drawn = ElementTree.fromstring(pareto([Point(f"model {n}", 5, 80 + 0.01 * n) for n in range(4)] +
                                          [Point("far", 50, 10)], "size", "top-1"))  # fmt: skip
    rows = sorted(float(text.attrib["y"]) for text in drawn.iter("text")
                  if text.attrib["class"] == "name" and text.text != "far")
    assert all(second - first >= 13 for first, second in zip(rows, rows[1:]))


def test_curves_come_by_sensitivity() -> None:
    found = {"calm": {0.1: 0.0, 0.2: 0.001}, "wild": {0.1: 0.1, 0.2: 0.3}, "mild": {0.2: 0.01, 0.1: -0.002}}
    assert most_sensitive(found) == ["wild", "mild", "calm"]
    drawn = ElementTree.fromstring(sensitivity_curves(found))
    assert {line.attrib["class"] for line in drawn.iter("polyline")} == {"curve c0", "curve c1", "curve c2"}
    said = [title.text for title in drawn.iter("title")]
    assert "wild: 20 % pruned loses 30 %" in said and len(said) == 6
    mild = next(line for line in drawn.iter("polyline") if line.attrib["class"] == "curve c1")
    across = [float(pair.split(",")[0]) for pair in mild.attrib["points"].split()]
    assert across == sorted(across) and len(across) == 3  # from 0, by ratio


def test_names_are_escaped_and_drawings_well_formed() -> None:
    name = "<b>&\"'"
    for drawn in (sensitivity_curves({name: {0.1: 0.5}}), weight_histogram(Weights(name, 0, 1, (3, 0, 1))),
                  pareto([Point(name, 1, 1)], name, name), sensitivity_curves({})):  # fmt: skip
        ElementTree.fromstring(drawn)
        assert not re.search("<b>", drawn)
