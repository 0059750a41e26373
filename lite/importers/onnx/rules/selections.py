# SPDX-License-Identifier: Apache-2.0
"""Ops that make as many rows as they find: NonZero, Compress, Unique, NonMaxSuppression.

Here they make as many as they may find, and say how many they found: see ``lite.importers._counted``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axis_of
from lite.importers._counted import kept_first
from lite.importers._detections import at_least_zero, is_filled, ordered
from lite.importers._emitter import Counted
from lite.importers.onnx.call import Call
from lite.ir import DType, Extent, Value
from lite.ir.dim import minimum, product

MOST_COLUMNS = 64  # of rows that Unique compares


def _counted(call: Call, value: Value, count: Value, axis: int = 0) -> Value:
    call.emitter.counted[value] = Counted(axis, count)
    return value


def _filled(call: Call, order: Value, value: Value, filling: int) -> Value:
    """The value where an index is one, else a number; both have as many rows."""
    missing = call.constant(filling, value.type.dtype)
    kept = is_filled(call, order)
    if value.type.rank > 1:
        kept = call.emit("unsqueeze", kept, axes=tuple(range(1, value.type.rank)))
    return call.emit("where", kept, value, missing)


def non_zero(call: Call) -> Value:
    """Places of what is not zero, [rank, as many as there are elements]; behind them -1."""
    x, known = call.need(0), call.array(0)
    if known is not None:
        return call.constant(np.stack(np.atleast_1d(known).nonzero()), DType.S64)
    if x.type.rank == 0:
        x = call.reshape(x, (1,))
    flags = x if x.type.dtype is DType.BOOL else call.emit("not_equal", x, call.like(0, x))
    order, count = kept_first(call, call.reshape(flags, (x.type.count,)))
    rows = _places(call, order, x.type.shape)
    return _counted(call, call.emit("concat", *rows, axis=0), count, 1)


def _places(call: Call, order: Value, shape: Sequence[Extent]) -> list[Value]:
    """Indices into a shape of flat indices: a row [1, n] for each axis."""
    rows, before = [], 1
    for extent in (*shape[:0:-1], None):
        row = order if before == 1 else call.emit("div", order, call.constant(before, DType.S64))
        if extent is not None:
            if not isinstance(extent, int):
                raise UnsupportedOpError(f"the extents of its input, {list(shape)}, are open",
                                         hint=f"fix them with input_shapes, say {call.shape_shown}")
            row = call.emit("mod", row, call.constant(max(extent, 1), DType.S64))
            before *= max(extent, 1)
        rows.append(call.emit("unsqueeze", _filled(call, order, row, -1), axes=(0,)))
    return rows[::-1]


def compress(call: Call) -> Value:
    """Slices along an axis, or elements, whose condition holds."""
    x, known = call.need(0), call.array(1)
    axis = call.int("axis", None)
    if axis is None:
        x, axis = call.reshape(x, (x.type.count,)), 0
    axis = axis_of(axis, x.type.rank)
    if known is not None:
        return call.emit("gather", x, call.constant(np.flatnonzero(known), DType.S64), axis=axis)
    condition = call.need(1)
    if condition.type.rank != 1:
        raise ModelFormatError(f"the condition is {condition.type}, expected rank 1")
    order, count = kept_first(call, condition)
    return _counted(call, call.emit("gather", x, at_least_zero(call, order), axis=axis), count, axis)


def unique(call: Call) -> tuple[Value | None, ...]:
    """Rows that differ from all others before them, sorted or as they come; unused rows are 0 or -1."""
    x, axis = call.need(0), call.int("axis", None)
    rows = _as_rows(call, x, axis)
    extent = rows.type.shape[0]
    at, new = _sorted_rows(call, rows)
    ones = call.cast(new, DType.S64)
    group = call.emit("sub", call.emit("cumsum", ones, axis=0), call.constant(1, DType.S64))
    order, count = kept_first(call, new)
    first = _filled(call, order, call.emit("gather", at, at_least_zero(call, order), axis=0), -1)
    empty = call.emit("expand", call.constant(0, DType.S64), shape=(extent,))
    inverse = call.emit("scatter_elements", empty, at, group, axis=0)
    repeats = call.emit("expand", call.constant(1, DType.S64), shape=(extent,))
    counts = call.emit("scatter_elements", empty, group, repeats, axis=0, reduction="add")
    if not call.int("sorted", 1):
        first, inverse, counts = _as_they_come(call, first, inverse, counts)
    values = call.emit("gather", rows, at_least_zero(call, first), axis=0)
    values = _filled(call, first, values, 0)
    if axis is not None:
        values = _as_columns(call, values, x, axis_of(axis, x.type.rank))
    at_axis = 0 if axis is None else axis_of(axis, x.type.rank)
    return (_counted(call, values, count, at_axis), _counted(call, first, count), inverse,
            _counted(call, counts, count))


def _as_rows(call: Call, x: Value, axis: int | None) -> Value:
    """What is compared: elements [n], or slices along an axis [n, m]."""
    if axis is None or x.type.rank == 1:
        return call.reshape(x, (x.type.count,))
    perm = _moved_first(axis_of(axis, x.type.rank), x.type.rank)
    shape = [x.type.shape[at] for at in perm]
    columns = product(tuple(shape[1:]))
    if not isinstance(columns, int) or not 0 < columns <= MOST_COLUMNS:
        raise UnsupportedOpError(f"it compares rows of {columns} elements, expected 1 to {MOST_COLUMNS}",
                                 hint="do this step behind the model")
    return call.reshape(call.transpose(x, perm), (shape[0], columns))


def _as_columns(call: Call, rows: Value, x: Value, axis: int) -> Value:
    """Rows as slices along the axis that they came from."""
    perm = _moved_first(axis, x.type.rank)
    rows = call.reshape(rows, [x.type.shape[at] for at in perm])
    return call.transpose(rows, [perm.index(at) for at in range(len(perm))])


def _moved_first(axis: int, rank: int) -> list[int]:
    return [axis, *(at for at in range(rank) if at != axis)]


def _sorted_rows(call: Call, rows: Value) -> tuple[Value, Value]:
    """Where the rows lie in ascending order, equal ones as they come; and which of these are new."""
    extent = rows.type.shape[0]
    flat = rows.type.rank == 1
    columns = [rows] if flat else [
        call.emit("squeeze", part, axes=(1,))
        for part in call.emit_all("split", rows, axis=1, sizes=(1,) * int(rows.type.shape[1]))]
    at = call.emit("range", start=0, limit=extent, delta=1)
    for column in reversed(columns):
        keys = call.emit("gather", column, at, axis=0)
        at = call.emit("gather", at, call.emit_all("top_k", keys, k=extent, axis=0, largest=False)[1], axis=0)
    one, other = (call.emit("slice", call.emit("gather", rows, at, axis=0), axes=(0,), starts=(start,),
                            sizes=(extent - 1,), steps=(1,)) for start in (0, 1))
    differs = call.emit("not_equal", one, other)
    if not flat:
        number = call.emit("reduce_max", call.cast(differs, DType.S32), axes=(1,), keepdims=False)
        differs = call.cast(number, DType.BOOL)
    return at, call.emit("concat", call.constant(np.ones(1, bool)), differs, axis=0)


def _as_they_come(call: Call, first: Value, inverse: Value, counts: Value) -> tuple[Value, Value, Value]:
    """Groups by where they come first, those that are none behind them."""
    extent = first.type.shape[0]
    behind = call.emit("expand", call.constant(int(extent), DType.S64), shape=(extent,)) if isinstance(
        extent, int) else call.emit("range", start=extent, limit=extent * 2, delta=1)
    key = call.emit("where", is_filled(call, first), first, behind)
    _, perm = call.emit_all("top_k", key, k=extent, axis=0, largest=False)
    numbers = call.emit("range", start=0, limit=extent, delta=1)
    rank = call.emit("scatter_elements", numbers, perm, numbers, axis=0)
    first, counts = (call.emit("gather", value, perm, axis=0) for value in (first, counts))
    return first, call.emit("gather", rank, inverse, axis=0), counts


def non_max_suppression(call: Call) -> Value:
    """Rows of image, class and box, the best of each class first; behind them -1."""
    boxes, scores = call.need(0), call.need(1)
    if boxes.type.rank != 3 or scores.type.rank != 3 or boxes.type.shape[2] != 4:
        raise ModelFormatError(f"the boxes are {boxes.type} and the scores {scores.type}, expected "
                               "[images, boxes, 4] and [images, classes, boxes]")
    most = int(call.number(2, "count of boxes per class")) if call.input(2) is not None else 0
    overlap = float(call.number(3, "iou threshold")) if call.input(3) is not None else 0.0
    least = float(call.number(4, "score threshold")) if call.input(4) is not None else -np.inf
    images, classes, count = scores.type.shape
    boxes = call.emit("unsqueeze", boxes, axes=(1,))
    corners = _corners(call, boxes) if call.int("center_point_box", 0) else ordered(call, boxes)
    keep = minimum(max(most, 0), count)
    kept = call.emit("non_max_suppression", corners, scores, keep=keep, iou_threshold=overlap,
                     score_threshold=least)
    flat = call.reshape(kept, (kept.type.count,))
    order, found = kept_first(call, is_filled(call, flat))
    box = call.emit("gather", flat, at_least_zero(call, order), axis=0)
    places = _places(call, order, (images, classes, keep))[:2]
    rows = [*places, call.emit("unsqueeze", _filled(call, order, box, -1), axes=(0,))]
    return _counted(call, call.transpose(call.emit("concat", *rows, axis=0), (1, 0)), found)


def _corners(call: Call, boxes: Value) -> Value:
    centre, size = call.emit_all("split", boxes, axis=3, sizes=(2, 2))
    half = call.emit("mul", size, call.like(0.5, size))
    return call.emit("concat", call.emit("sub", centre, half), call.emit("add", centre, half), axis=3)


RULES = {
    "Compress": compress, "NonMaxSuppression": non_max_suppression, "NonZero": non_zero, "Unique": unique,
}  # fmt: skip
