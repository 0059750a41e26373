# SPDX-License-Identifier: Apache-2.0
"""The choice of detections, where its result has a fixed size."""

from __future__ import annotations

from collections.abc import Sequence

from lite.errors import ModelFormatError
from lite.importers._detections import best, boxes_at, is_filled, ordered
from lite.importers.tensorflow.call import Call
from lite.ir import DType, Value


def combined_non_max_suppression(call: Call) -> Sequence[Value]:
    """Boxes, scores, classes, filled up with zeros, and how many there are of each image."""
    places, scores = call.need(0), call.need(1)
    if places.type.rank != 4 or scores.type.rank != 3:
        raise ModelFormatError(f"the boxes are {places.type} and the scores {scores.type}")
    boxes = call.emit("transpose", places, perm=(0, 2, 1, 3))
    scores = call.emit("transpose", scores, perm=(0, 2, 1))
    keep, most = call.single(2, "size per class"), call.single(3, "total size")
    count, classes = scores.type.shape[2], scores.type.shape[1]
    if keep < 0 or most < 1 or not isinstance(count, int) or not isinstance(classes, int):
        raise ModelFormatError(f"{keep} of each class and {most} in all of {scores.type} are wanted")
    keep = min(keep, count)
    iou, least = float(call.number(4, "iou threshold")), float(call.number(5, "score threshold"))
    kept = call.emit(
        "non_max_suppression",
        ordered(call, boxes),
        scores,
        keep=keep,
        iou_threshold=iou,
        score_threshold=least,
    )
    rows = min(most, keep * classes)
    found = best(call, scores, kept, rows)
    filled = is_filled(call, found.box)
    chosen = boxes_at(call, boxes, found)
    if call.flag("clip_boxes", True):
        chosen = call.emit("clip", chosen, lo=0.0, hi=1.0)
    zero = call.constant(0, DType.F32)
    parts = [
        call.emit("where", call.emit("unsqueeze", filled, axes=(2,)), chosen, zero),
        call.emit("where", filled, found.score, zero),
        call.emit("where", filled, call.cast(found.number, DType.F32), zero),
    ]
    size = most if not call.flag("pad_per_class") else min(most, call.single(2, "size per class") * classes)
    counted = call.emit("reduce_sum", call.cast(filled, DType.S32), axes=(1,), keepdims=False)
    return *(_filled_up(call, part, size - rows) for part in parts), counted


def _filled_up(call: Call, part: Value, rows: int) -> Value:
    if rows == 0:
        return part
    after = (0, rows, *(0,) * (part.type.rank - 2))
    return call.emit("pad", part, before=(0,) * part.type.rank, after=after)


RULES = {"CombinedNonMaxSuppression": combined_non_max_suppression}
