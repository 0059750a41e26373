# SPDX-License-Identifier: Apache-2.0
"""TFLite_Detection_PostProcess: boxes from anchors, and those of them that do not overlap better ones."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.tflite.call import Call
from lite.ir import DType, Extent, Value

USUAL_PER_CLASS, MOST_DETECTIONS = 100, 1 << 16
CORNERS = 4


@dataclass(frozen=True)
class Settings:
    """The op's options: counts, thresholds, and what the encodings of boxes are divided by."""

    max_detections: int
    max_classes_per_detection: int
    num_classes: int
    nms_score_threshold: float
    nms_iou_threshold: float
    y_scale: float
    x_scale: float
    h_scale: float
    w_scale: float
    detections_per_class: int = USUAL_PER_CLASS
    use_regular_nms: bool = False


def detection_post_process(call: Call) -> tuple[Value, ...]:
    """Boxes [1, count, 4], classes, scores [1, count], and how many are there [1]; the rest is 0."""
    settings = _settings(call.operator.custom)
    encodings, predictions = call.need(0), call.need(1)
    if encodings.type.rank != 3 or predictions.type.rank != 3 or encodings.type.shape[0] != 1:
        raise UnsupportedOpError(f"encodings are {encodings.type} and scores {predictions.type}, expected a "
                                 "batch of 1 and rank 3")
    classes = predictions.type.shape[2]
    background = classes - settings.num_classes
    if not isinstance(background, int) or background < 0:
        raise ModelFormatError(f"the scores are {predictions.type} of {settings.num_classes} classes")
    boxes = _decoded(call, encodings, call.need(2), settings)
    scores = _columns(call, predictions, background, settings.num_classes)
    return (_of_each_class if settings.use_regular_nms else _of_all_classes)(call, boxes, scores, settings)


def _settings(custom: bytes) -> Settings:
    """From a map in flexbuffer form, of which only the settings are looked at."""
    from flatbuffers import flexbuffers

    try:
        found = flexbuffers.GetRoot(bytearray(custom)).AsMap
        names = [key.AsKey for key in found.Keys]
        settings = Settings(**{field.name: _typed(field.type, found[field.name])
                               for field in fields(Settings) if field.name in names})  # fmt: skip
    except Exception as error:  # whatever a damaged buffer makes the parser do
        raise ModelFormatError(f"its options are no map of all settings: {error}") from error
    counts = (settings.max_detections, settings.max_classes_per_detection, settings.num_classes,
              settings.detections_per_class)
    scales = (settings.y_scale, settings.x_scale, settings.h_scale, settings.w_scale)
    if min(counts) < 1 or max(counts) > MOST_DETECTIONS or 0 in scales:
        raise ModelFormatError(f"{settings}: counts must be from 1 to {MOST_DETECTIONS}, scales not 0")
    return settings


def _typed(kind: Any, value: Any) -> Any:
    return value.AsFloat if kind == "float" else value.AsBool if kind == "bool" else value.AsInt


def _columns(call: Call, x: Value, start: int, count: int) -> Value:
    """Columns of the last of three axes."""
    if start == 0 and x.type.shape[2] == count:
        return x
    return call.emit("slice", x, axes=(2,), starts=(start,), sizes=(count,), steps=(1,))


def _decoded(call: Call, encodings: Value, anchors: Value, settings: Settings) -> Value:
    """Corners [1, 1, boxes, 4], top, left, bottom, right, of centres and sizes in steps of the anchors'."""
    if anchors.type.rank != 2 or anchors.type.shape[1] != CORNERS:
        raise ModelFormatError(f"the anchors are {anchors.type}, expected [boxes, {CORNERS}]")
    steps = np.array([settings.y_scale, settings.x_scale, settings.h_scale, settings.w_scale], np.float32)
    scaled = call.emit("div", _columns(call, encodings, 0, CORNERS), call.constant(steps))
    places, sizes = call.emit_all("split", scaled, axis=2, sizes=(2, 2))
    middles, extents = call.emit_all("split", anchors, axis=1, sizes=(2, 2))
    centres = call.emit("add", call.emit("mul", places, extents), middles)
    halves = call.emit("mul", call.emit("mul", call.emit("exp", sizes), extents), call.like(0.5, sizes))
    ends = call.emit("sub", centres, halves), call.emit("add", centres, halves)
    corners = call.emit("concat", *ends, axis=2)
    return call.emit("unsqueeze", corners, axes=(1,))


def _kept(call: Call, boxes: Value, scores: Value, keep: Extent, settings: Settings) -> Value:
    """Indices [1, classes, keep] of boxes that stay; -1 fills up. A score that is the threshold is enough."""
    below = float(np.nextafter(np.float32(settings.nms_score_threshold), np.float32(-np.inf)))
    return call.emit("non_max_suppression", boxes, scores, keep=keep, score_threshold=below,
                     iou_threshold=settings.nms_iou_threshold)


def _of_all_classes(call: Call, boxes: Value, scores: Value, settings: Settings) -> tuple[Value, ...]:
    """A box stays by its best score, and counts for its best classes."""
    ways = min(settings.max_classes_per_detection, settings.num_classes)
    values, labels = call.emit_all("top_k", scores, k=ways, axis=2)
    best = call.emit("transpose", _columns(call, values, 0, 1), perm=(0, 2, 1))
    kept = _kept(call, boxes, best, settings.max_detections, settings)
    there, index = _split_off_absent(call, call.reshape(kept, (settings.max_detections,)))
    rows = [_rows(call, value, index) for value in (values, labels)]
    total = settings.max_detections * ways
    mask = call.emit("unsqueeze", there, axes=(1,))
    masked = [call.emit("mul", call.cast(row, DType.F32), mask) for row in rows]
    found, labelled = (call.reshape(row, (1, total)) for row in masked)
    corners = call.emit("mul", _rows(call, boxes, index), mask)
    repeated = call.emit("expand", call.emit("unsqueeze", corners, axes=(1,)),
                         shape=(settings.max_detections, ways, CORNERS))
    count = call.emit("reduce_sum", there, axes=(0,), keepdims=True)
    return call.reshape(repeated, (1, total, CORNERS)), labelled, found, count


def _split_off_absent(call: Call, kept: Value) -> tuple[Value, Value]:
    """1 or 0 for each index that is there or not; the indices, 0 where they are not."""
    there = call.cast(call.emit("greater_equal", kept, call.like(0, kept)), DType.F32)
    return there, call.emit("max", kept, call.like(0, kept))


def _rows(call: Call, x: Value, index: Value) -> Value:
    """Chosen rows of the last but one axis, of which all before have the extent 1."""
    rows = call.reshape(x, x.type.shape[-2:])
    return call.emit("gather", rows, index, axis=0)


def _of_each_class(call: Call, boxes: Value, scores: Value, settings: Settings) -> tuple[Value, ...]:
    """Boxes stay class by class; the best of all classes count."""
    by_class = call.emit("transpose", scores, perm=(0, 2, 1))
    keep, most = settings.detections_per_class, settings.max_detections
    if keep * settings.num_classes < most:
        raise ModelFormatError(f"{most} detections are wanted of {settings.num_classes} classes with {keep}")
    kept = call.reshape(_kept(call, boxes, by_class, keep, settings), (settings.num_classes, keep))
    there, index = _split_off_absent(call, kept)
    table = call.reshape(by_class, by_class.type.shape[1:])
    found = call.emit("gather_elements", table, index, axis=1)
    absent = call.like(-np.inf, found)
    ranked = call.emit("where", call.emit("greater", there, call.like(0, there)), found, absent)
    everything = (settings.num_classes * keep,)
    values, places = call.emit_all("top_k", call.reshape(ranked, everything), k=most, axis=0)
    chosen = call.cast(call.emit("greater", values, call.like(-np.inf, values)), DType.F32)
    labels = call.cast(call.emit("div", places, call.like(keep, places)), DType.F32)
    flat = call.emit("gather", call.reshape(index, everything), places, axis=0)
    corners = call.emit("mul", _rows(call, boxes, flat), call.emit("unsqueeze", chosen, axes=(1,)))
    positive = call.emit("where", call.emit("greater", chosen, call.like(0, chosen)), values,
                         call.like(0, values))
    labels = call.reshape(call.emit("mul", labels, chosen), (1, most))
    count = call.emit("reduce_sum", chosen, axes=(0,), keepdims=True)
    return call.reshape(corners, (1, most, CORNERS)), labels, call.reshape(positive, (1, most)), count


RULES = {"TFLite_Detection_PostProcess": detection_post_process}
