# SPDX-License-Identifier: Apache-2.0
"""Layers that SSD added: boxes tiled over the image, and the choice of detections."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._detections import best, boxes_at, by_label, is_filled
from lite.importers.caffe.call import Call
from lite.ir import DType, Value

MOST_PRIORS = 1 << 24
_SAME_RATIO = 1e-6


def _prior_box(call: Call) -> Value:
    """Boxes around every pixel of a feature map, in parts of the image, and variances: [1, 2, 4 * boxes]."""
    told = call.param("prior_box")
    if told.HasField("img_size") or told.HasField("img_h"):
        image = (told.img_size,) * 2 if told.HasField("img_size") else (told.img_h, told.img_w)
    else:
        image = _size(call, call.image(1), "image's size")
    grid = _size(call, call.image(), "feature map's size")
    steps = _steps(told, grid, image)
    sides = _sides(told)
    if min(*image, *grid) < 1 or math.prod(grid) * len(sides) > MOST_PRIORS:
        raise ModelFormatError(
            f"{len(sides)} boxes on each of {grid[0]} x {grid[1]} places of an image of "
            f"{image[0]} x {image[1]}"
        )
    rows, columns = ((np.arange(count) + told.offset) * step for count, step in zip(grid, steps))
    centres = np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 1, 2)
    half = np.array(sides) / 2
    boxes = np.concatenate([centres - half, centres + half], -1) / np.array([*image[::-1]] * 2)
    variances = _variances(told)
    both = np.stack([np.clip(boxes, 0, 1) if told.clip else boxes, np.broadcast_to(variances, boxes.shape)])
    return call.constant(both.reshape(1, 2, -1))


def _size(call: Call, x: Value, what: str) -> tuple[int, int]:
    height, width = (call.known(extent, what) for extent in x.type.shape[2:])
    return height, width


def _steps(told: Any, grid: Sequence[int], image: Sequence[int]) -> tuple[float, float]:
    """Pixels from one place to the next, in height and width."""
    if told.HasField("step"):
        return told.step, told.step
    if told.step_h and told.step_w:
        return told.step_h, told.step_w
    return image[0] / max(grid[0], 1), image[1] / max(grid[1], 1)


def _sides(told: Any) -> list[tuple[float, float]]:
    """Width and height, in pixels, of each box around one place; whole sizes, as Caffe reads them."""
    least, greatest = ([int(size) for size in sizes] for sizes in (told.min_size, told.max_size))
    if not least or min(least) < 1 or (greatest and len(greatest) != len(least)):
        raise ModelFormatError(
            f"min_size is {list(told.min_size)} and max_size {list(told.max_size)}, expected sizes of at "
            f"least 1, and as many of each if there are both"
        )
    ratios: list[float] = []
    for ratio in told.aspect_ratio:
        if not ratio > 0:
            raise ModelFormatError(f"aspect_ratio is {list(told.aspect_ratio)}, expected numbers above 0")
        if all(abs(ratio - known) >= _SAME_RATIO for known in (1.0, *ratios)):
            ratios += [ratio, 1 / ratio] if told.flip else [ratio]
    sides: list[tuple[float, float]] = []
    for position, size in enumerate(least):
        sides.append((float(size), float(size)))
        if greatest:
            sides.append((math.sqrt(size * greatest[position]),) * 2)
        sides += [(size * math.sqrt(ratio), size / math.sqrt(ratio)) for ratio in ratios]
    return sides


def _variances(told: Any) -> np.ndarray:
    found = list(told.variance) or [0.1]
    if len(found) not in (1, 4) or not min(found) > 0:
        raise ModelFormatError(f"variance is {found}, expected 1 or 4 numbers above 0")
    return np.array(found)


def _detection_output(call: Call) -> Value:
    """[1, 1, rows, 7]: image, label, score, x0, y0, x1, y1; by label, the best first.

    There are as many rows for each image as may stay. What is not filled has -1 but for the image, as Caffe
    writes it where it finds nothing at all.
    """
    told = call.param("detection_output")
    classes, suppression = told.num_classes, told.nms_param
    if classes < 1 or told.keep_top_k == 0 or told.keep_top_k < -1:
        raise ModelFormatError(
            f"num_classes is {classes} and keep_top_k {told.keep_top_k}, expected at least "
            f"1 (keep_top_k: or -1, for all)"
        )
    boxes, scores, count = _boxes_and_scores(call, told)
    labels = [label for label in range(classes) if label != told.background_label_id]
    scores = _of_labels(call, scores, labels)
    boxes = boxes if told.share_location else _of_labels(call, boxes, labels)
    limits = [count, *(limit for limit in (suppression.top_k, told.keep_top_k) if limit > 0)]
    keep = min(limits)
    threshold = told.confidence_threshold if told.HasField("confidence_threshold") else float("-inf")
    kept = call.emit(
        "non_max_suppression",
        boxes,
        scores,
        keep=keep,
        iou_threshold=suppression.nms_threshold,
        score_threshold=threshold,
        candidates=max(suppression.top_k, 0),
        shrink=suppression.eta,
    )
    rows = keep * len(labels)
    rows = min(told.keep_top_k, rows) if told.keep_top_k > 0 else rows
    return _rows(call, boxes, scores, kept, labels, rows)


def _boxes_and_scores(call: Call, told: Any) -> tuple[Value, Value, int]:
    """Boxes [images, classes or 1, boxes, 4], scores [images, classes, boxes], and the number of boxes."""
    places, confidences, priors = (call.bottom(position) for position in range(3))
    count = call.known(priors.type.count, "number of boxes") // 8
    images, classes = places.type.shape[0], told.num_classes
    groups = 1 if told.share_location else classes
    expected = ((places, count * groups * 4), (confidences, count * classes), (priors, count * 8))
    if count < 1 or any(
        value.type.count != (1 if value is priors else images) * each for value, each in expected
    ):
        raise ModelFormatError(
            f"places {places.type}, confidences {confidences.type} and priors {priors.type} do not fit "
            f"{classes} classes and {count} boxes"
        )
    offsets = call.emit("transpose", call.reshape(places, (images, count, groups, 4)), perm=(0, 2, 1, 3))
    scores = call.emit("transpose", call.reshape(confidences, (images, count, classes)), perm=(0, 2, 1))
    return _decoded(call, offsets, call.reshape(priors, (2, count, 4)), told), scores, count


def _decoded(call: Call, offsets: Value, priors: Value, told: Any) -> Value:
    """What the network says of each prior, as corners."""
    box, variance = (
        call.reshape(part, part.type.shape[1:])
        for part in call.emit_all("split", priors, axis=0, sizes=(1, 1))
    )
    if not told.variance_encoded_in_target:
        offsets = call.emit("mul", offsets, variance)
    low, high = call.emit_all("split", box, axis=1, sizes=(2, 2))
    size = call.emit("sub", high, low)
    kind = told.DESCRIPTOR.fields_by_name["code_type"].enum_type.values_by_number[told.code_type].name
    if kind == "CORNER":
        return call.emit("add", offsets, box)
    if kind == "CORNER_SIZE":
        return call.emit("add", call.emit("mul", offsets, call.emit("concat", size, size, axis=1)), box)
    centre, half = call.times(call.emit("add", low, high), 0.5), call.times(size, 0.5)
    moved, grown = call.emit_all("split", offsets, axis=3, sizes=(2, 2))
    centre = call.emit("add", call.emit("mul", moved, size), centre)
    half = call.emit("mul", call.emit("exp", grown), half)
    return call.emit("concat", call.emit("sub", centre, half), call.emit("add", centre, half), axis=3)


def _of_labels(call: Call, value: Value, labels: Sequence[int]) -> Value:
    """Only some of the classes, which lie on axis 1."""
    if len(labels) == value.type.shape[1]:
        return value
    if not labels:
        raise UnsupportedOpError("its only class is the background, so it finds nothing")
    return call.emit("gather", value, call.constant(list(labels), DType.S64), axis=1)


def _rows(call: Call, boxes: Value, scores: Value, kept: Value, labels: Sequence[int], rows: int) -> Value:
    """The best of what stayed, over all classes, in the order of their labels."""
    found = by_label(call, best(call, scores, kept, rows), len(labels))
    images = kept.type.shape[0]
    label = call.emit("gather", call.constant(list(labels)), found.number, axis=0)
    columns = [call.emit("unsqueeze", value, axes=(2,)) for value in (label, found.score)]
    row = call.emit("concat", *columns, boxes_at(call, boxes, found), axis=2)
    filled = call.emit("unsqueeze", is_filled(call, found.box), axes=(2,))
    row = call.emit("where", filled, row, call.constant(-1.0))
    image = call.emit("cast", call.emit("range", start=0, limit=images, delta=1), to=DType.F32)
    image = call.emit("expand", call.reshape(image, (images, 1, 1)), shape=(images, rows, 1))
    return call.reshape(call.emit("concat", image, row, axis=2), (1, 1, images * rows, 7))


RULES = {"DetectionOutput": _detection_output, "PriorBox": _prior_box}
