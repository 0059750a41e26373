# SPDX-License-Identifier: Apache-2.0
"""non_max_suppression: which boxes of each class stay when those that overlap better ones are dropped.

Boxes of a class whose score is above ``score_threshold`` are looked at from the best on (equal scores: in the
order of their indices), the best ``candidates`` of them. One stays if its overlap (intersection over union)
with none that stayed is above the threshold. What fills the output up is -1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, TensorType
from lite.ops._broadcast import check_dtype
from lite.ops._extents import differ


class NonMaxSuppression(Op, name="non_max_suppression"):
    """Boxes are [image, class or 1, box, corners]: x0 y0 x1 y1 or y0 x0 y1 x1, least coordinates first."""

    keep: Extent  # the most that stay of one class of an image
    iou_threshold: float = 0.5
    score_threshold: float = 0.0
    candidates: int = 0  # 0: all
    shrink: float = 1.0  # while it is above 0.5, every box that stays multiplies the threshold by this
    whole_pixels: bool = False  # a box reaches to the end of its last pixel: its sides are longer by 1

    def infer(self, boxes: TensorType, scores: TensorType) -> TensorType:
        check_dtype("boxes", boxes, (DType.F32,))
        check_dtype("scores", scores, (DType.F32,))
        if boxes.rank != 4 or scores.rank != 3 or differ(boxes.shape[3], 4):
            raise ShapeError(f"boxes are {boxes} and scores {scores}, expected [images, classes or 1, boxes, "
                             f"4] and [images, classes, boxes]")
        images, classes, count = scores.shape
        shared = boxes.shape[1] == 1
        if differ(boxes.shape[0], images) or differ(boxes.shape[2], count) or (
                not shared and differ(boxes.shape[1], classes)):
            raise ShapeError(f"boxes {boxes} and scores {scores} differ in images, classes or number")
        if self.candidates < 0 or (isinstance(self.keep, int) and self.keep < 0):
            raise ShapeError(f"keep is {self.keep} and candidates {self.candidates}, expected at least 0")
        return TensorType((images, classes, self.keep), DType.S64)

    def reference(self, boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
        kept = np.full((*scores.shape[:2], int(self.keep)), -1, np.int64)
        for image, label in np.ndindex(*scores.shape[:2]):
            found = self._kept(boxes[image, label if boxes.shape[1] > 1 else 0], scores[image, label])
            kept[image, label, : len(found)] = found
        return kept

    def _kept(self, boxes: np.ndarray, scores: np.ndarray) -> list[int]:
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] > np.float32(self.score_threshold)][: self.candidates or None]
        threshold = np.float32(self.iou_threshold)
        kept: list[int] = []
        for index in order:
            if len(kept) == self.keep:
                break
            if not (overlap(boxes[index], boxes[kept], self.whole_pixels) > threshold).any():
                kept.append(int(index))
                threshold *= np.float32(self.shrink if threshold > 0.5 else 1)
        return kept

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        random = np.random.default_rng(11)
        low = random.uniform(0, 9, (2, 3, 60, 2))
        boxes = np.concatenate([low, low + random.uniform(-0.2, 6, low.shape)], 3).astype(np.float32)
        scores = random.uniform(-1, 1, (2, 3, 60)).astype(np.float32)
        scores[:, 1] = np.round(scores[:, 1] * 4) / 4
        yield cls(20), [boxes, scores]
        yield cls(7, iou_threshold=0.3, score_threshold=-np.inf), [boxes[:, :1], scores]
        yield cls(60, iou_threshold=0.8, candidates=15, shrink=0.9), [boxes, scores]
        yield cls(9, whole_pixels=True, score_threshold=0.5), [boxes, scores]
        yield cls(0), [boxes, scores]
        yield cls(4), [boxes, np.full((2, 3, 60), np.nan, np.float32)]
        yield cls(4), [TensorType((1, 1, 9, 4)), TensorType((1, 2, 9))]


def overlap(box: np.ndarray, others: np.ndarray, whole_pixels: bool) -> np.ndarray:
    """Intersection over union of a box and each of others, in float32; NaN where both are empty."""
    low, high = (np.where(a < b, b, a) for a, b in ((box[:2], others[:, :2]), (-box[2:], -others[:, 2:])))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        shared = _area(low, -high, whole_pixels)
        whole = _area(box[None, :2], box[None, 2:], whole_pixels) + _area(others[:, :2], others[:, 2:],
                                                                          whole_pixels) - shared
        return np.asarray(shared / whole)


def _area(low: np.ndarray, high: np.ndarray, whole_pixels: bool) -> np.ndarray:
    """Of boxes [n, 2]; 0 where an end lies before its beginning."""
    sides = high - low
    inside = (sides >= 0).all(axis=1)
    return np.where(inside, np.prod(sides + np.float32(whole_pixels), axis=1), np.float32(0))
