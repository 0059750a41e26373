# SPDX-License-Identifier: Apache-2.0
"""TfIdfVectorizer on whole numbers: how often each run of numbers of a list occurs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.onnx.call import Call
from lite.ir import DType, Extent, Value

MODES = ("TF", "IDF", "TFIDF")
MOST_COLUMNS = 1 << 20
MOST_COMPARED = 1 << 24  # numbers with numbers, of one row


def tf_idf(call: Call) -> Value:
    """Counts by column; IDF: the weights of what occurs; TFIDF: the weighted counts."""
    x = call.need(0)
    if call.has("pool_strings"):
        raise UnsupportedOpError("text is not supported", hint="do this step before the model")
    length, mode = x.type.shape[-1] if x.type.rank in (1, 2) else None, call.text("mode")
    if not isinstance(length, int) or mode not in MODES:
        raise UnsupportedOpError(f"mode is {mode!r} and the input {x.type}, expected rows of known length",
                                 hint="fix the extents with input_shapes")  # fmt: skip
    rows = call.reshape(x, (1 if x.type.rank == 1 else x.type.shape[0], length))
    rows = call.cast(rows, DType.S64)
    grams = _grams(call)
    counts = [_counts(call, rows, gram, length) for gram in grams if len(gram)]
    if not counts:
        raise ModelFormatError("the pool holds no runs of the lengths that are counted")
    total = call.cast(call.emit("concat", *counts, axis=1), DType.F32)
    if mode == "IDF":
        total = call.cast(call.emit("greater", total, call.like(0, total)), DType.F32)
    y = call.emit("matmul", total, call.constant(_columns(call, grams, mode != "TF"), DType.F32))
    shape: tuple[Extent, ...] = y.type.shape[1:] if x.type.rank == 1 else y.type.shape
    return call.reshape(y, shape)


def _bounds(call: Call) -> tuple[list[int], int, int]:
    """Where the runs of each length begin in the pool, and where it ends; least and greatest length."""
    starts, pool = list(call.many("ngram_counts")), call.many("pool_int64s")
    least, most = call.int("min_gram_length"), call.int("max_gram_length")
    ends = [*starts, len(pool)]
    fits = all((after - before) % number == 0 and after >= before
               for number, (before, after) in enumerate(zip(ends, ends[1:]), 1))  # fmt: skip
    if not 0 < least <= most <= len(starts) or not fits or starts[0] != 0:
        raise ModelFormatError(f"the pool of {len(pool)} numbers begins its runs of 1, 2, ... at {starts}; "
                               f"runs of {least} to {most} are counted")  # fmt: skip
    return ends, least, most


def _grams(call: Call) -> list[np.ndarray]:
    """Runs [number, length] by length; none of those that are not counted."""
    ends, least, most = _bounds(call)
    pool = np.array(call.many("pool_int64s"), np.int64)
    parts = [pool[before:after].reshape(-1, number) for number, (before, after) in
             enumerate(zip(ends, ends[1:]), 1)]  # fmt: skip
    return [part if least <= part.shape[1] <= most else part[:0] for part in parts]


def _columns(call: Call, grams: Sequence[np.ndarray], weighted: bool) -> np.ndarray:
    """What each run that is counted adds to each column: [runs, columns]."""
    ends, _, _ = _bounds(call)
    columns, weights = np.array(call.many("ngram_indexes")), np.array(call.floats("weights", ()))
    firsts = np.cumsum([0, *((after - before) // number for number, (before, after) in
                             enumerate(zip(ends, ends[1:]), 1))])  # fmt: skip
    fits = len(columns) == firsts[-1] > 0 and 0 <= columns.min() <= columns.max() < MOST_COLUMNS
    if not fits or len(weights) not in (0, len(columns)):
        raise ModelFormatError(f"{len(columns)} columns and {len(weights)} weights for {firsts[-1]} runs")
    counted = np.concatenate([first + np.arange(len(gram)) for first, gram in zip(firsts, grams)]).astype(int)
    matrix = np.zeros((len(counted), columns.max() + 1))
    matrix[np.arange(len(counted)), columns[counted]] = weights[counted] if weighted and len(weights) else 1
    return matrix


def _counts(call: Call, rows: Value, grams: np.ndarray, length: int) -> Value:
    """How often runs of one length occur in each row, elements left out between them or not: [n, runs]."""
    number, skips = grams.shape[1], call.int("max_skip_count")
    if skips < 0:
        raise ModelFormatError(f"max_skip_count is {skips}, but runs leave out 0 or more elements")
    total: Value | None = None
    for step in range(1, (min(skips, length) if number > 1 else 0) + 2):
        begins = np.arange(max(0, length - (number - 1) * step))
        if len(begins) * grams.size > MOST_COMPARED:
            raise UnsupportedOpError(f"{len(grams)} runs in rows of {length} are too many to be compared")
        places = call.constant(begins[:, None] + np.arange(number) * step, DType.S64)
        found = call.emit("unsqueeze", call.emit("gather", rows, places, axis=1), axes=(2,))
        same = call.cast(call.emit("equal", found, call.constant(grams)), DType.S32)
        whole = call.emit("reduce_min", same, axes=(3,), keepdims=False)
        count = call.emit("reduce_sum", whole, axes=(1,), keepdims=False)
        total = count if total is None else call.emit("add", total, count)
    assert total is not None
    return total


RULES = {"TfIdfVectorizer": tf_idf}
