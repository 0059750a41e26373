# SPDX-License-Identifier: Apache-2.0
"""RoiAlign: what lies in boxes of an image, sampled by products with matrices of two weights a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._moves import Maker
from lite.importers._sampling import known_extents
from lite.ir import DType, Value


class Regions(NamedTuple):
    """How boxes are sampled.

    Attributes
    ----------
    counts : (int, int)
        Rows and columns of each result.
    samples : int
        Along each side of an element of the result.
    scale : float
        From the boxes' coordinates to elements of the input.
    halved : bool
        Whether the first element's centre is at 0.5, not at 0; if not, boxes are at least one element large.
    """

    counts: tuple[int, int]
    samples: int
    scale: float
    halved: bool


def roi_align(make: Maker, x: Value, boxes: Value, images: Value, regions: Regions, *,
              greatest: bool = False) -> Value:  # fmt: skip
    """Means over samples of regions [box, channels, rows, columns] of x [image, channels, height, width].

    Parameters
    ----------
    boxes : Value
        [box, 4]: x0 y0 x1 y1.
    images : Value
        [box]: in which image each of them lies.
    greatest : bool
        In place of the mean the greatest of the samples' four neighbours, each times its weight.
    """
    if x.type.rank != 4 or boxes.type.rank != 2 or boxes.type.shape[1] != 4 or images.type.rank != 1:
        raise ModelFormatError(f"x is {x.type}, the boxes are {boxes.type} and their images {images.type}")
    if regions.samples < 1:
        raise UnsupportedOpError("how many samples it takes depends on the sizes of the boxes",
                                 hint="export the model with a sampling_ratio of 1 or more")  # fmt: skip
    extents, counts, samples = known_extents(x), regions.counts, regions.samples
    sides = [_weights(make, boxes, side, extents[side], regions) for side in (0, 1)]
    chosen = make.emit("gather", x, images, axis=0)
    if not greatest:
        rows, columns = (make.emit("add", *side) for side in sides)
        sampled = _product(make, rows, columns, chosen)
    else:
        corners = [_product(make, rows, columns, chosen) for rows in sides[0] for columns in sides[1]]
        sampled = corners[0]
        for corner in corners[1:]:
            sampled = make.emit("max", sampled, corner)
    shape = (*chosen.type.shape[:2], counts[0], samples, counts[1], samples)
    fold = "reduce_max" if greatest else "reduce_mean"
    return make.emit(fold, make.reshape(sampled, shape), axes=(3, 5))


def _product(make: Maker, rows: Value, columns: Value, x: Value) -> Value:
    return make.emit("matmul", make.emit("matmul", rows, x), columns, transpose_b=True)


def _weights(make: Maker, boxes: Value, side: int, extent: int, regions: Regions) -> Sequence[Value]:
    """Matrices [box, 1, samples, extent] of the neighbours below and above each sample of an axis."""
    places = _places(make, boxes, side, regions)
    low, high = (_like(make, number, places) for number in (-1, extent))
    inside = make.emit("logical_and", make.emit("greater_equal", places, low),
                       make.emit("less_equal", places, high))  # fmt: skip
    there = make.emit("cast", inside, to=places.type.dtype)
    places = make.emit("clip", places, lo=0.0, hi=float(extent - 1))
    below = make.emit("floor", places)
    above = make.emit("clip", make.emit("add", below, _like(make, 1, below)), lo=0.0, hi=float(extent - 1))
    rest = make.emit("sub", places, below)
    shares = (make.emit("sub", _like(make, 1, rest), rest), rest)
    return [_matrix(make, index, make.emit("mul", share, there), extent)
            for index, share in zip((below, above), shares)]  # fmt: skip


def _like(make: Maker, number: float, value: Value) -> Value:
    return make.constant(np.array(number), value.type.dtype)


def _places(make: Maker, boxes: Value, side: int, regions: Regions) -> Value:
    """Where the samples of each box lie along an axis: [box, count * samples]."""
    scaled = make.emit("mul", boxes, _like(make, regions.scale, boxes))
    if regions.halved:
        scaled = make.emit("sub", scaled, _like(make, 0.5, scaled))
    x0, y0, x1, y1 = make.emit_all("split", scaled, axis=1, sizes=(1, 1, 1, 1))
    start, end = ((y0, y1), (x0, x1))[side]
    size = make.emit("sub", end, start)
    if not regions.halved:
        size = make.emit("max", size, _like(make, 1, size))
    total = regions.counts[side] * regions.samples
    steps = (np.arange(total) + 0.5) / total
    return make.emit("add", start, make.emit("mul", size, make.constant(steps, size.type.dtype)))


def _matrix(make: Maker, index: Value, weight: Value, extent: int) -> Value:
    values = make.constant(np.array([0, 1]), weight.type.dtype)
    rows = make.emit("one_hot", make.emit("cast", index, to=DType.S64), values, depth=extent, axis=2)
    weighted = make.emit("mul", rows, make.emit("unsqueeze", weight, axes=(2,)))
    return make.emit("unsqueeze", weighted, axes=(1,))

