# SPDX-License-Identifier: Apache-2.0
"""From a map of text probabilities to rotated rectangles (differentiable binarisation, arXiv:1911.08947)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BoxRules:
    """What counts as a line of text.

    Parameters
    ----------
    threshold : float
        Probability from which a pixel is text, 0..1.
    smallest_score : float
        Mean probability inside a box from which it is kept, 0..1.
    growth : float
        The map shows lines shrunk; each side moves out by growth * area / perimeter.
    smallest_side : float
        In pixels of the map, before growing.
    """

    threshold: float = 0.3
    smallest_score: float = 0.5
    growth: float = 1.6
    smallest_side: float = 3.0


@dataclass(frozen=True)
class Rectangle:
    """A rotated rectangle: centre, unit vector of the first side, half lengths of both sides."""

    centre: np.ndarray
    axis: np.ndarray
    half: np.ndarray

    def corners(self) -> np.ndarray:
        """[4, 2] x and y: top left, top right, bottom right, bottom left as a reader sees the line."""
        along = self.axis * self.half[0]
        across = np.array([-self.axis[1], self.axis[0]]) * self.half[1]
        offsets = np.stack([-along - across, along - across, along + across, across - along])
        return np.asarray(self.centre + offsets)

    def grown(self, ratio: float) -> Rectangle:
        width, height = 2 * self.half
        return Rectangle(self.centre, self.axis, self.half + ratio * width * height / (2 * (width + height)))

    def contains(self, points: np.ndarray) -> np.ndarray:
        """For points [..., 2]: which lie inside."""
        offset = points - self.centre
        across = np.array([-self.axis[1], self.axis[0]])
        inside = (abs(offset @ self.axis) <= self.half[0]) & (abs(offset @ across) <= self.half[1])
        return np.asarray(inside)


def find_boxes(probabilities: np.ndarray, rules: BoxRules | None = None) -> list[tuple[np.ndarray, float]]:
    """Lines of text in a map of probabilities.

    Parameters
    ----------
    probabilities : array [height, width], 0..1

    Returns
    -------
    list of (corners [4, 2] in pixels of the map, score), in reading order
    """
    from scipy import ndimage

    rules = rules or BoxRules()
    mask = ndimage.binary_dilation(probabilities > rules.threshold, np.ones((2, 2)))
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    found = []
    for label, window in enumerate(ndimage.find_objects(labels), start=1):
        rows, columns = np.nonzero(labels[window] == label)
        pixels = np.stack([columns + window[1].start, rows + window[0].start], axis=1).astype(np.float64)
        rectangle = smallest_rectangle(pixels)
        if 2 * rectangle.half.min() < rules.smallest_side:
            continue
        score = _mean_inside(probabilities, rectangle)
        if score >= rules.smallest_score:
            found.append((rectangle.grown(rules.growth).corners(), score))
    return _in_reading_order(found)


def smallest_rectangle(pixels: np.ndarray) -> Rectangle:
    """The rectangle of least area round pixels [n, 2]; one of its sides lies on their convex hull.

    The first axis is the longer side, or the more level one for nearly square rectangles.
    """
    from scipy import spatial

    pixel_corners = np.array([(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)])
    points = (pixels[:, None] + pixel_corners).reshape(-1, 2)
    hull = points[spatial.ConvexHull(points).vertices]
    edges = np.roll(hull, -1, axis=0) - hull
    axes = edges / np.linalg.norm(edges, axis=1, keepdims=True)
    normals = np.stack([-axes[:, 1], axes[:, 0]], axis=1)
    areas = np.ptp(hull @ axes.T, axis=0) * np.ptp(hull @ normals.T, axis=0)
    best = int(np.argmin(areas))
    frame = np.stack([axes[best], normals[best]])
    low, high = (hull @ frame.T).min(axis=0), (hull @ frame.T).max(axis=0)
    return _turned((low + high) / 2 @ frame, axes[best], (high - low) / 2)


def _turned(centre: np.ndarray, axis: np.ndarray, half: np.ndarray) -> Rectangle:
    """Axis along the line of text, pointing right (or down, for upright ones)."""
    square = max(half) < 1.5 * min(half)
    if (square and abs(axis[0]) < abs(axis[1])) or (not square and half[0] < half[1]):
        axis, half = np.array([-axis[1], axis[0]]), half[::-1]
    level = abs(axis[0]) > 1e-6
    return Rectangle(centre, -axis if (axis[0] < 0 if level else axis[1] < 0) else axis, half)


def _mean_inside(probabilities: np.ndarray, rectangle: Rectangle) -> float:
    corners = rectangle.corners()
    limit = np.array(probabilities.shape[::-1])
    left, top = np.clip(np.floor(corners.min(axis=0)), 0, limit).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(axis=0)) + 1, 0, limit).astype(int)
    points = np.stack(np.meshgrid(np.arange(left, right), np.arange(top, bottom)), axis=-1)
    inside = rectangle.contains(points)
    return float(probabilities[top:bottom, left:right][inside].mean()) if inside.any() else 0.0


def _in_reading_order(boxes: list[tuple[np.ndarray, float]]) -> list[tuple[np.ndarray, float]]:
    """Top to bottom in rows, left to right in a row; a row's height is that of its first box."""
    rows: list[list[tuple[np.ndarray, float]]] = []
    for box in sorted(boxes, key=lambda box: float(box[0][:, 1].mean())):
        if rows and box[0][:, 1].mean() < _bottom(rows[-1][0][0]):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row, key=lambda box: float(box[0][:, 0].min()))]


def _bottom(corners: np.ndarray) -> float:
    return float(corners[:, 1].mean() + np.linalg.norm(corners[3] - corners[0]) / 2)
