# SPDX-License-Identifier: Apache-2.0
"""non_max_suppression by hand: who covers whom, in which order, and where it ends."""

from __future__ import annotations

import numpy as np
import pytest

from lite.errors import ShapeError
from lite.ir import DType, TensorType
from lite.ops.non_max_suppression import NonMaxSuppression, overlap

# 0 and 1 overlap by 1/3, 1 and 2 by 3/5, 3 lies apart.
BOXES = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [1.5, 0, 3.5, 2], [8, 8, 9, 9]], np.float32)[None, None]


def _kept(scores: list[float], **attributes: float) -> list[int]:
    op = NonMaxSuppression(4, **attributes)  # type: ignore[arg-type]
    found = op.reference(BOXES, np.array(scores, np.float32)[None, None])
    return [int(index) for index in found[0, 0] if index >= 0]


def test_the_best_boxes_stay() -> None:
    assert _kept([0.9, 0.8, 0.7, 0.1]) == [0, 1, 3]
    assert _kept([0.9, 0.8, 0.7, 0.1], iou_threshold=0.3) == [0, 2, 3]
    assert _kept([0.1, 0.8, 0.9, 0.7], iou_threshold=0.3) == [2, 3, 0]


def test_equal_scores_come_in_order() -> None:
    assert _kept([0.5, 0.5, 0.5, 0.5], iou_threshold=0.9) == [0, 1, 2, 3]


def test_a_score_must_be_above_the_threshold() -> None:
    assert _kept([0.9, 0.5, 0.4, float("nan")], score_threshold=0.5) == [0]


def test_only_candidates_are_looked_at() -> None:
    assert _kept([0.9, 0.8, 0.7, 0.6], candidates=3) == [0, 1]


def test_the_threshold_shrinks_with_each_box() -> None:
    scores = [0.7, 0.8, 0.6, 0.9]  # 3, then 1, then 0: covered once the threshold is below 1/3
    assert _kept(scores, iou_threshold=0.7) == [3, 1, 0, 2]
    assert _kept(scores, iou_threshold=0.7, shrink=0.4) == [3, 1]


def test_whole_pixels_make_boxes_larger() -> None:
    box, other = np.array([0, 0, 1, 1], np.float32), np.array([[1, 0, 2, 1]], np.float32)
    assert overlap(box, other, False)[0] == 0
    assert overlap(box, other, True)[0] == np.float32(2 / 6)


@pytest.mark.parametrize(
    ("boxes", "scores"),
    [((1, 1, 5, 4), (1, 2, 6)), ((1, 3, 5, 4), (1, 2, 5)), ((1, 1, 5, 3), (1, 2, 5)), ((1, 5, 4), (1, 2, 5))],
)
def test_what_does_not_fit_is_refused(boxes: tuple[int, ...], scores: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError):
        NonMaxSuppression(3).infer(TensorType(boxes), TensorType(scores))


def test_the_result_is_as_large_as_it_may_become() -> None:
    found = NonMaxSuppression(7).infer(TensorType((2, 1, 5, 4)), TensorType((2, 3, 5)))
    assert found == TensorType((2, 3, 7), DType.S64)
