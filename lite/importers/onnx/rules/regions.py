# SPDX-License-Identifier: Apache-2.0
"""RoiAlign: what lies in boxes of an image, sampled by products with matrices of two weights a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.onnx.call import Call
from lite.ir import DType, Value


def roi_align(call: Call) -> Value:
    x, boxes, images = call.need(0), call.need(1), call.need(2)
    extents, samples = x.type.shape[2:], call.int("sampling_ratio", 0)
    mode = call.text("mode", "avg")
    if mode not in ("avg", "max") or x.type.rank != 4 or boxes.type.rank != 2 or boxes.type.shape[1] != 4:
        raise ModelFormatError(f"mode is {mode!r}, x {x.type} and the boxes {boxes.type}")
    if samples < 1:
        raise UnsupportedOpError("how many samples it takes depends on the sizes of the boxes",
                                 hint="export the model with a sampling_ratio of 1 or more")  # fmt: skip
    if not all(isinstance(extent, int) for extent in extents):
        raise UnsupportedOpError("sampling from open extents is not supported",
                                 hint="fix them with input_shapes")  # fmt: skip
    counts = [call.int("output_height", 1), call.int("output_width", 1)]
    sides = [_weights(call, boxes, side, int(extents[side]), counts[side], samples) for side in (0, 1)]
    chosen = call.emit("gather", x, images, axis=0)
    if mode == "avg":
        rows, columns = (call.emit("add", *side) for side in sides)
        sampled = _product(call, rows, columns, chosen)
    else:  # ONNX takes the greatest of the four neighbours, each times its weight
        corners = [_product(call, rows, columns, chosen) for rows in sides[0] for columns in sides[1]]
        sampled = corners[0]
        for corner in corners[1:]:
            sampled = call.emit("max", sampled, corner)
    shape = (*chosen.type.shape[:2], counts[0], samples, counts[1], samples)
    fold = "reduce_mean" if mode == "avg" else "reduce_max"
    return call.emit(fold, call.reshape(sampled, shape), axes=(3, 5))


def _product(call: Call, rows: Value, columns: Value, x: Value) -> Value:
    return call.emit("matmul", call.emit("matmul", rows, x), columns, transpose_b=True)


def _weights(call: Call, boxes: Value, side: int, extent: int, count: int, samples: int) -> Sequence[Value]:
    """Matrices [box, 1, samples, extent] of the neighbours below and above each sample of an axis."""
    places = _places(call, boxes, side, count, samples)
    low, high = (call.like(number, places) for number in (-1, extent))
    inside = call.emit("logical_and", call.emit("greater_equal", places, low),
                       call.emit("less_equal", places, high))  # fmt: skip
    there = call.emit("cast", inside, to=places.type.dtype)
    places = call.emit("clip", places, lo=0.0, hi=float(extent - 1))
    below = call.emit("floor", places)
    above = call.emit("clip", call.emit("add", below, call.like(1, below)), lo=0.0, hi=float(extent - 1))
    rest = call.emit("sub", places, below)
    shares = (call.emit("sub", call.like(1, rest), rest), rest)
    return [_matrix(call, index, call.emit("mul", share, there), extent)
            for index, share in zip((below, above), shares)]  # fmt: skip


def _places(call: Call, boxes: Value, side: int, count: int, samples: int) -> Value:
    """Where the samples of each box lie along an axis: [box, count * samples]."""
    usual = "half_pixel" if call.opset >= 16 else "output_half_pixel"
    halved = call.text("coordinate_transformation_mode", usual) == "half_pixel"
    scaled = call.emit("mul", boxes, call.like(call.float("spatial_scale", 1.0), boxes))
    if halved:
        scaled = call.emit("sub", scaled, call.like(0.5, scaled))
    x0, y0, x1, y1 = call.emit_all("split", scaled, axis=1, sizes=(1, 1, 1, 1))
    start, end = ((y0, y1), (x0, x1))[side]
    size = call.emit("sub", end, start)
    if not halved:
        size = call.emit("max", size, call.like(1, size))
    steps = (np.arange(count * samples) + 0.5) / (samples * count)
    return call.emit("add", start, call.emit("mul", size, call.constant(steps, size.type.dtype)))


def _matrix(call: Call, index: Value, weight: Value, extent: int) -> Value:
    values = call.constant([0, 1], weight.type.dtype)
    rows = call.emit("one_hot", call.emit("cast", index, to=DType.S64), values, depth=extent, axis=2)
    weighted = call.emit("mul", rows, call.emit("unsqueeze", weight, axes=(2,)))
    return call.emit("unsqueeze", weighted, axes=(1,))


RULES = {"RoiAlign": roi_align}
