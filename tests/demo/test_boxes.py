# SPDX-License-Identifier: Apache-2.0
"""Boxes from maps of probabilities that are drawn here, so that the right answer is known."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")

from lite.demo.boxes import BoxRules, Rectangle, find_boxes, smallest_rectangle

NO_GROWTH = BoxRules(growth=0.0)


def drawn(rectangle: Rectangle, height: int = 120, width: int = 200) -> np.ndarray:
    """1 inside a rectangle, 0 outside."""
    points = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1)
    return rectangle.contains(points).astype(np.float32)


def rotated(
    degrees: float, centre: tuple[float, float] = (100, 60), half: tuple[float, float] = (50, 10)
) -> Rectangle:
    angle = np.deg2rad(degrees)
    return Rectangle(np.array(centre, float), np.array([np.cos(angle), np.sin(angle)]), np.array(half, float))


@pytest.mark.parametrize("degrees", [0, 7, -20, 30, -45])
def test_a_rotated_line_is_found(degrees: float) -> None:
    wanted = rotated(degrees)
    ((corners, score),) = find_boxes(drawn(wanted), NO_GROWTH)
    np.testing.assert_allclose(corners, wanted.corners(), atol=2.5)
    assert score > 0.85  # the rim of a rotated one is not quite inside


def test_corners_go_round_from_the_top_left() -> None:
    ((corners, _),) = find_boxes(drawn(rotated(0)), NO_GROWTH)
    top_left, top_right, bottom_right, bottom_left = corners
    assert top_left[0] < top_right[0] and top_left[1] < bottom_left[1]
    assert bottom_right[0] > bottom_left[0] and bottom_right[1] > top_right[1]


def test_growth_moves_each_side_by_area_over_perimeter() -> None:
    rectangle = rotated(0)
    grown = rectangle.grown(1.6)
    distance = 1.6 * (100 * 20) / (2 * (100 + 20))
    np.testing.assert_allclose(grown.half, rectangle.half + distance)


def test_lines_come_in_reading_order() -> None:
    page = drawn(rotated(0, (150, 22), (30, 8))) + drawn(rotated(0, (50, 20), (30, 8)))
    page += drawn(rotated(0, (60, 90), (40, 8)))
    centres = [corners.mean(axis=0).round().tolist() for corners, _ in find_boxes(page, NO_GROWTH)]
    assert [centre[0] < 100 for centre in centres] == [True, False, True]
    assert centres[2][1] > 80


def test_faint_and_tiny_spots_are_no_text() -> None:
    page = 0.4 * drawn(rotated(0))  # over the threshold, but unsure
    page[5, 5] = 1.0
    assert find_boxes(page) == []
    assert find_boxes(np.zeros((40, 40), np.float32)) == []


def test_one_pixel_has_a_rectangle() -> None:
    rectangle = smallest_rectangle(np.array([[3.0, 4.0]]))
    np.testing.assert_allclose(rectangle.half, [0.5, 0.5])
    np.testing.assert_allclose(rectangle.centre, [3.0, 4.0])


def test_the_whole_map_may_be_text() -> None:
    ((corners, score),) = find_boxes(np.ones((20, 60), np.float32))
    assert score == 1.0
    assert corners[:, 0].min() < 0 < 60 < corners[:, 0].max()  # grown over the rim
