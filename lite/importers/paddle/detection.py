# SPDX-License-Identifier: Apache-2.0
"""Paddle's ops of detectors: boxes on a grid, boxes from what a network says of them, and which ones stay.

Where Paddle writes as many rows as it finds, there are as many here as it may find: the rest is -1.
"""

from __future__ import annotations

import math

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._detections import best, boxes_at, by_label, is_filled
from lite.importers.paddle.call import Call
from lite.ir import DType, Extent, Value

MOST_BOXES = 1 << 22
_SAME_RATIO = 1e-6
_FIX = "fix the input's height and width: --input_shape name:1,3,320,320"


def _known(call: Call, x: Value, what: str) -> tuple[int, int]:
    """Height and width of an image, which must be known when converting."""
    if x.type.rank != 4:
        raise ModelFormatError(f"the {what} is {x.type}, expected rank 4")
    height, width = x.type.shape[2:]
    if not isinstance(height, int) or not isinstance(width, int):
        raise UnsupportedOpError(f"the size of the {what} {x.type} is known only when running", hint=_FIX)
    return height, width


# Boxes --------------------------------------------------------------------------------------------


def _prior_box(call: Call) -> dict[str, Value]:
    """Boxes around every place of a feature map, in parts of the image, and their variances."""
    grid, image = _known(call, call.input("Input"), "input"), _known(call, call.input("Image"), "image")
    steps = call.number("step_h", 0.0), call.number("step_w", 0.0)
    if 0 in steps:
        steps = image[0] / max(grid[0], 1), image[1] / max(grid[1], 1)
    sides = np.array(_sides(call), np.float64).reshape(-1, 2)
    if min(*image, *grid) < 1 or math.prod(grid) * len(sides) > MOST_BOXES:
        raise ModelFormatError(f"{len(sides)} boxes on {grid} places of an image of {image}")
    offset = call.number("offset", 0.5)
    rows, columns = ((np.arange(count) + offset) * step for count, step in zip(grid, steps))
    centres = np.stack(np.meshgrid(columns, rows), -1)[:, :, None]
    boxes = np.concatenate([centres - sides / 2, centres + sides / 2], -1) / np.array([*image[::-1]] * 2)
    variances = np.array(call.numbers("variances", (0.1, 0.1, 0.2, 0.2)))
    if variances.shape != (4,):
        raise ModelFormatError(f"attribute 'variances' is {variances.tolist()}, expected 4 numbers")
    return {
        "Boxes": call.constant(np.clip(boxes, 0, 1) if call.flag("clip", False) else boxes, DType.F32),
        "Variances": call.constant(np.broadcast_to(variances, boxes.shape), DType.F32),
    }


def _sides(call: Call) -> list[tuple[float, float]]:
    """Width and height, in pixels, of each box around one place."""
    least, greatest = call.numbers("min_sizes"), call.numbers("max_sizes", ())
    given = call.numbers("aspect_ratios", (1.0,))
    if (greatest and len(greatest) != len(least)) or not min((*least, *greatest, *given), default=0) > 0:
        raise ModelFormatError(
            f"min_sizes are {least}, max_sizes {greatest} and aspect_ratios {given}, expected numbers above "
            "0, and as many greatest as least sizes if there are any"
        )
    ratios = [1.0]
    for ratio in given:
        if all(abs(ratio - known) >= _SAME_RATIO for known in ratios):
            ratios += [ratio, 1 / ratio] if call.flag("flip", False) else [ratio]
    sides = []
    for at, size in enumerate(least):
        by_ratio = [(size * math.sqrt(ratio), size / math.sqrt(ratio)) for ratio in ratios]
        between = [(math.sqrt(size * greatest[at]),) * 2] if greatest else []
        first = 1 if call.flag("min_max_aspect_ratios_order", False) else len(by_ratio)
        sides += [*by_ratio[:first], *between, *by_ratio[first:]]
    return sides


def _box_coder(call: Call) -> Value:
    """What a network says of each box as corners, or corners as what it should say."""
    prior, target = call.input("PriorBox"), call.input("TargetBox")
    kind, longer = call.text("code_type", "encode_center_size"), not call.flag("box_normalized", True)
    decode = kind == "decode_center_size"
    if kind not in ("encode_center_size", "decode_center_size"):
        raise ModelFormatError(f"code_type is {kind!r}, expected encode_center_size or decode_center_size")
    if prior.type.rank != 2 or target.type.rank != 2 + decode:
        raise ModelFormatError(f"the boxes are {prior.type} and {target.type}, expected [n, 4] and targets")
    place = 1 if decode and call.integer("axis", 0) == 1 else 0
    prior = call.add("unsqueeze", prior, axes=(place,))
    centre, size = _centre_and_size(call, prior, longer, 2)
    variance = _variance(call, place)
    if not decode:
        target = call.add("unsqueeze", target, axes=(1,))
        other, extent = _centre_and_size(call, target, False, 2)
        extent = call.plus(extent, float(longer))
        ratio = call.add("abs", call.add("div", extent, size))
        moved = call.add("div", call.add("sub", other, centre), size)
        told = call.add("concat", moved, call.add("log", ratio), axis=2)
        return told if variance is None else call.add("div", told, variance)
    told = target if variance is None else call.add("mul", target, variance)
    moved, grown = call.add_all("split", told, axis=2, sizes=(2, 2))
    centre = call.add("add", call.add("mul", moved, size), centre)
    half = call.times(call.add("mul", call.add("exp", grown), size), 0.5)
    high = call.plus(call.add("add", centre, half), -float(longer))
    return call.add("concat", call.add("sub", centre, half), high, axis=2)


def _centre_and_size(call: Call, boxes: Value, longer: bool, axis: int) -> tuple[Value, Value]:
    low, high = call.add_all("split", boxes, axis=axis, sizes=(2, 2))
    size = call.plus(call.add("sub", high, low), float(longer))
    return call.add("add", low, call.times(size, 0.5)), size


def _variance(call: Call, place: int) -> Value | None:
    given = call.optional("PriorBoxVar")
    if given is not None:
        return call.add("unsqueeze", given, axes=(place,))
    several = call.numbers("variance", ())
    return call.constant(np.array(several), DType.F32) if several else None


def _yolo_box(call: Call) -> dict[str, Value]:
    """Corners in pixels of the original images, and scores of classes; 0 where no box seems to be."""
    x, anchors, classes = call.input("X"), call.integers("anchors"), call.integer("class_num")
    height, width = _known(call, x, "input")
    count, places, images = len(anchors) // 2, height * width, x.type.shape[0]
    aware = call.flag("iou_aware", False)
    if not anchors or len(anchors) % 2 or classes < 1 or x.type.shape[1] != count * (5 + classes + aware):
        raise ModelFormatError(f"{count} anchors and {classes} classes do not fit {x.type}")
    channels = (count, count * (5 + classes)) if aware else (count * (5 + classes),)
    *overlaps, x = call.add_all("split", x, axis=1, sizes=channels) if aware else (x,)
    parts = call.add_all(
        "split", call.reshape(x, (images, count, 5 + classes, places)), axis=2, sizes=(2, 2, 1, classes)
    )
    sure = call.add("sigmoid", parts[2])
    if overlaps:
        overlap = call.add("sigmoid", call.reshape(overlaps[0], (images, count, 1, places)))
        factor = call.number("iou_aware_factor", 0.5)
        sure = call.add("mul", _power(call, sure, 1 - factor), _power(call, overlap, factor))
    kept = call.add("greater_equal", sure, call.constant(call.number("conf_thresh"), sure))
    boxes = _grid_boxes(call, parts[0], parts[1], np.array(anchors).reshape(count, 2), (height, width))
    scores = call.add("mul", call.add("sigmoid", parts[3]), sure)
    found = {}
    for slot, value in (("Boxes", boxes), ("Scores", scores)):
        some = call.add("where", kept, value, call.constant(0.0, value))
        moved = call.add("transpose", some, perm=(0, 1, 3, 2))
        found[slot] = call.reshape(moved, (images, count * places, value.type.shape[2]))
    return found


def _power(call: Call, x: Value, exponent: float) -> Value:
    return call.add("pow", x, call.constant(exponent, x))


def _grid_boxes(call: Call, moved: Value, grown: Value, anchors: np.ndarray, grid: tuple[int, int]) -> Value:
    """Corners [images, anchors, 4, places] of boxes whose centres lie in the places of a grid."""
    scale, ratio = call.number("scale_x_y", 1.0), call.integer("downsample_ratio")
    sizes = call.cast(call.input("ImgSize"), DType.F32)
    order = call.constant(np.array([1, 0]), DType.S64)  # width before height
    size = call.reshape(call.add("gather", sizes, order, axis=1), (sizes.type.shape[0], 1, 2, 1))
    rows, columns = np.indices(grid).reshape(2, -1)
    sides = np.array(grid[::-1]).reshape(1, 1, 2, 1)
    begin = call.constant(np.stack([columns, rows])[None, None] - 0.5 * (scale - 1), DType.F32)
    centre = call.add("add", call.times(call.add("sigmoid", moved), scale), begin)
    centre = call.add("div", call.add("mul", centre, size), call.constant(sides, DType.F32))
    parts = call.constant(anchors[None, :, :, None] / (2.0 * sides * max(ratio, 1)), DType.F32)
    half = call.add("mul", call.add("mul", call.add("exp", grown), parts), size)
    low, high = call.add("sub", centre, half), call.add("add", centre, half)
    if call.flag("clip_bbox", True):
        low = call.add("max", low, call.constant(0.0, low))
        high = call.add("min", high, call.plus(size, -1.0))
    return call.add("concat", low, high, axis=2)


# Which ones stay ----------------------------------------------------------------------------------


def _multiclass_nms(call: Call) -> dict[str, Value]:
    """Rows of label, score and corners, by label and the best first; indices, and how many of each image."""
    boxes, scores = call.input("BBoxes"), call.input("Scores")
    if boxes.type.rank != 3 or scores.type.rank != 3 or boxes.type.shape[2] != 4:
        raise UnsupportedOpError(f"its boxes are {boxes.type} and its scores {scores.type}", hint=_RANKS)
    images, classes, count = scores.type.shape
    if not isinstance(classes, int) or not isinstance(count, int):
        raise UnsupportedOpError(f"its scores {scores.type} are known only when running", hint=_FIX)
    background, candidates = call.integer("background_label", 0), call.integer("nms_top_k")
    keep_top_k = call.integer("keep_top_k")
    labels = [label for label in range(classes) if label != background]
    if not labels or not count:
        raise UnsupportedOpError(f"there is nothing to find among {classes} classes and {count} boxes")
    if len(labels) < classes:
        scores = call.add("gather", scores, call.constant(np.array(labels), DType.S64), axis=1)
    keep = min([count, *(limit for limit in (candidates, keep_top_k) if limit > 0)])
    rows = min(keep * len(labels), keep_top_k if keep_top_k > 0 else keep * len(labels))
    boxes = call.add("unsqueeze", boxes, axes=(1,))
    kept = call.add(
        "non_max_suppression", boxes, scores, keep=keep, iou_threshold=call.number("nms_threshold", 0.3),
        score_threshold=call.number("score_threshold"), candidates=max(candidates, 0),
        shrink=call.number("nms_eta", 1.0), whole_pixels=not call.flag("normalized", True),
    )  # fmt: skip
    found = by_label(call, best(call, scores, kept, rows), len(labels))
    filled = is_filled(call, found.box)
    label = call.add("gather", call.constant(np.array(labels), DType.F32), found.number, axis=0)
    columns = [call.add("unsqueeze", value, axes=(2,)) for value in (label, found.score)]
    row = call.add("concat", *columns, boxes_at(call, boxes, found), axis=2)
    row = call.add("where", call.add("unsqueeze", filled, axes=(2,)), row, call.constant(-1.0, row))
    number = call.add("reduce_sum", call.cast(filled, DType.S32), axes=(1,), keepdims=False)
    return {
        "Out": call.reshape(row, (images * rows, 6)), "NmsRoisNum": number,
        "Index": _places(call, found.box, filled, count, images),
    }  # fmt: skip


_RANKS = "boxes [images, boxes, 4] and scores [images, classes, boxes] are supported"


def _places(call: Call, box: Value, filled: Value, count: int, images: Extent) -> Value:
    """Indices of boxes, those of all images counted through."""
    first = call.add("range", start=0, limit=images, delta=1, dtype=DType.S64)
    first = call.add("mul", call.reshape(first, (images, 1)), call.constant(count, DType.S64))
    place = call.add("where", filled, call.add("add", box, first), call.constant(-1, DType.S64))
    return call.cast(call.reshape(place, (place.type.count, 1)), DType.S32)


RULES = {
    "box_coder": _box_coder, "multiclass_nms": _multiclass_nms, "multiclass_nms2": _multiclass_nms,
    "multiclass_nms3": _multiclass_nms, "prior_box": _prior_box, "yolo_box": _yolo_box,
}  # fmt: skip
