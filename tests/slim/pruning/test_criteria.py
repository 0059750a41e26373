# SPDX-License-Identifier: Apache-2.0
"""Importance of channels, against numbers by hand and PaddleSlim's example."""

from __future__ import annotations

import numpy as np
import pytest

from lite.errors import InputError

pytest.importorskip("torch")
from lite.slim import importance, least_important

FILTERS = np.array([[0.3, 0.5], [0.5, 0.5], [0.0, 0.0]])


def test_distances_are_those_of_the_worked_example() -> None:
    scores = importance(FILTERS, "geometry_median")
    assert scores == pytest.approx([0.7831, 0.9071, 1.2902], abs=5e-5)
    assert least_important(scores, 0.3).tolist() == [0]


def test_distances_do_not_depend_on_where_the_filters_lie() -> None:
    expected = importance(FILTERS, "geometry_median")
    assert importance(FILTERS + 100, "geometry_median") == pytest.approx(expected)


@pytest.mark.parametrize(("criterion", "expected"), [
    ("l0_norm", [2, 2, 0]), ("l1_norm", [0.8, 1.0, 0]), ("l2_norm", [0.34**0.5, 0.5**0.5, 0])])  # fmt: skip
def test_norms(criterion: str, expected: list[float]) -> None:
    assert importance(FILTERS, criterion) == pytest.approx(expected)
    turned = FILTERS.reshape(3, 1, 2, 1).transpose(2, 0, 1, 3)
    assert importance(turned, criterion, axis=1) == pytest.approx(expected)


def test_scales_of_a_batch_norm_count_by_their_size() -> None:
    assert importance(np.array([-2.0, 1.0])).tolist() == [2.0, 1.0]


@pytest.mark.parametrize(("ratio", "pruned"), [(0.0, []), (0.5, [1, 3]), (0.6, [1, 3]), (0.99, [0, 1, 3])])
def test_the_least_are_pruned_but_never_all(ratio: float, pruned: list[int]) -> None:
    assert least_important(np.array([3.0, 1.0, 4.0, 1.0]), ratio).tolist() == pruned


def test_wrong_requests_are_refused() -> None:
    with pytest.raises(InputError, match="no criterion 'l3', expected one of l0_norm"):
        importance(FILTERS, "l3")
    with pytest.raises(InputError, match="axis is 2"):
        importance(FILTERS, axis=2)
    with pytest.raises(InputError, match="1 of 2 weights"):
        importance(np.array([np.nan, 1]))
    with pytest.raises(InputError, match=r"ratio is 1\.0"):
        least_important(np.ones(3), 1.0)
