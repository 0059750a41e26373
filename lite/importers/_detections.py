# SPDX-License-Identifier: Apache-2.0
"""What follows non_max_suppression at the end of detectors: the best of all classes, and their boxes."""

from __future__ import annotations

from typing import NamedTuple

from lite.importers._moves import Maker
from lite.ir import DType, Value


class Found(NamedTuple):
    """Detections [images, rows], the best first; rows that hold none come last.

    Attributes
    ----------
    score : Value
        Minus infinity where there is none.
    number : Value
        Of the class, from 0.
    box : Value
        Of the box; -1 where there is none.
    """

    score: Value
    number: Value
    box: Value


def best(make: Maker, scores: Value, kept: Value, rows: int) -> Found:
    """The best of what stayed, over all classes.

    Parameters
    ----------
    make : Maker
    scores : Value
        [images, classes, boxes].
    kept : Value
        What non_max_suppression gave for them: [images, classes, keep].
    rows : int
        At most classes * keep.
    """
    images, classes, keep = kept.type.shape
    score = make.emit("gather_elements", scores, at_least_zero(make, kept), axis=2)
    score = make.emit("where", is_filled(make, kept), score, make.constant(float("-inf"), DType.F32))
    flat = (images, classes * keep)
    score, place = make.emit_all("top_k", make.reshape(score, flat), k=rows, axis=1)
    index = make.emit("gather_elements", make.reshape(kept, flat), place, axis=1)
    return Found(score, make.emit("div", place, make.constant(keep, DType.S64)), index)


def by_label(make: Maker, found: Found, labels: int) -> Found:
    """What was found, by label and then from the best on."""
    behind = make.constant(labels, DType.S64)
    key = make.emit("where", is_filled(make, found.box), found.number, behind)
    _, order = make.emit_all("top_k", key, k=key.type.shape[1], axis=1, largest=False)
    return Found(*(make.emit("gather_elements", value, order, axis=1) for value in found))


def boxes_at(make: Maker, boxes: Value, found: Found) -> Value:
    """Boxes [images, rows, 4] of what was found, from boxes [images, classes or 1, boxes, 4]."""
    images, groups, count, _ = boxes.type.shape
    place = at_least_zero(make, found.box)
    if groups != 1:
        place = make.emit("add", place, make.emit("mul", found.number, make.constant(count, DType.S64)))
    columns = make.emit("unsqueeze", place, axes=(2,))
    place = make.emit("expand", columns, shape=(*place.type.shape, 4))
    return make.emit("gather_elements", make.reshape(boxes, (images, groups * count, 4)), place, axis=1)


def ordered(make: Maker, boxes: Value) -> Value:
    """Boxes [images, classes or 1, boxes, 4] with the lesser coordinates first."""
    one, other = make.emit_all("split", boxes, axis=3, sizes=(2, 2))
    return make.emit("concat", make.emit("min", one, other), make.emit("max", one, other), axis=3)


def at_least_zero(make: Maker, index: Value) -> Value:
    """Indices, 0 in place of -1."""
    return make.emit("max", index, make.constant(0, DType.S64))


def is_filled(make: Maker, index: Value) -> Value:
    """Which indices are some."""
    return make.emit("greater_equal", index, make.constant(0, DType.S64))
