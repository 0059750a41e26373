# SPDX-License-Identifier: Apache-2.0
"""Ops that index, order or accumulate: gathers, scatters, TopK, OneHot, CumSum, Trilu."""

from __future__ import annotations

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axis_of
from lite.importers.onnx.call import Call
from lite.ir import DType, Value

MOST_FACTORS = 512  # of a running product
FAR = 1 << 31  # a diagonal beyond every matrix


def gather(call: Call) -> Value:
    x = call.need(0)
    return call.emit("gather", x, call.need(1), axis=axis_of(call.int("axis", 0), x.type.rank))


def gather_elements(call: Call) -> Value:
    x = call.need(0)
    return call.emit("gather_elements", x, call.need(1), axis=axis_of(call.int("axis", 0), x.type.rank))


def scatter_elements(call: Call) -> Value:
    x = call.need(0)
    return call.emit(
        "scatter_elements",
        x,
        call.need(1),
        call.need(2),
        axis=axis_of(call.int("axis", 0), x.type.rank),
        reduction=call.text("reduction", "none"),
    )


def top_k(call: Call) -> tuple[Value, ...]:
    x = call.need(0)
    k = call.int("k") if call.opset < 10 else call.extent(1, "k")
    return call.emit_all(
        "top_k",
        x,
        k=k,
        axis=axis_of(call.int("axis", -1), x.type.rank),
        largest=bool(call.int("largest", 1)),
        sorted=bool(call.int("sorted", 1)),
    )


def one_hot(call: Call) -> Value:
    indices, values = call.need(0), call.need(2)
    if indices.type.dtype not in (DType.S32, DType.S64):
        indices = call.emit("cast", indices, to=DType.S64)
    axis = axis_of(call.int("axis", -1), indices.type.rank + 1)
    return call.emit("one_hot", indices, values, depth=call.extent(1, "depth"), axis=axis)


def cumsum(call: Call) -> Value:
    x = call.need(0)
    axis = int(call.number(1, "axis"))
    return call.emit(
        "cumsum",
        x,
        axis=axis_of(axis, x.type.rank),
        exclusive=bool(call.int("exclusive", 0)),
        reverse=bool(call.int("reverse", 0)),
    )


def cumprod(call: Call) -> Value:
    """As many products as the axis is long."""
    x = call.need(0)
    axis = axis_of(int(call.number(1, "axis")), x.type.rank)
    extent = x.type.shape[axis]
    if not isinstance(extent, int) or not 0 < extent <= MOST_FACTORS:
        raise UnsupportedOpError(
            f"the axis that it goes along has {extent} elements, expected 1 to {MOST_FACTORS}",
            hint="fix the extents with input_shapes",
        )
    parts = call.emit_all("split", x, axis=axis, sizes=(1,) * extent)
    if call.int("reverse", 0):
        parts = parts[::-1]
    products = [parts[0]]
    for part in parts[1:]:
        products.append(call.emit("mul", products[-1], part))
    if call.int("exclusive", 0):
        products = [call.emit("expand", call.like(1, x), shape=parts[0].type.shape), *products[:-1]]
    return call.emit("concat", *(products[::-1] if call.int("reverse", 0) else products), axis=axis)


def tensor_scatter(call: Call) -> Value:
    """A cache, and elements written into it from an index of each batch item on; circular: around its end."""
    cache, update = call.need(0), call.need(1)
    axis = axis_of(call.int("axis", -2), cache.type.rank)
    mode = call.text("mode", "linear")
    if mode not in ("linear", "circular") or axis == 0:
        raise ModelFormatError(f"mode is {mode!r}, axis {axis}, expected linear or circular, no batch axis")
    rank = cache.type.rank
    place = call.emit("range", start=0, limit=update.type.shape[axis], delta=1)
    place = call.reshape(place, tuple(update.type.shape[axis] if at == axis else 1 for at in range(rank)))
    if call.input(2) is not None:
        first = call.cast(call.need(2), DType.S64)
        first = call.reshape(first, (cache.type.shape[0], *(1,) * (rank - 1)))
        place = call.emit("add", first, place)
    if mode == "circular":
        extent = cache.type.shape[axis]
        if not isinstance(extent, int):
            raise UnsupportedOpError(f"the cache {cache.type} has an open length",
                                     hint="fix it with input_shapes")  # fmt: skip
        place = call.emit("mod", place, call.constant(max(extent, 1), DType.S64))
    place = call.emit("expand", place, shape=update.type.shape)
    return call.emit("scatter_elements", cache, place, update, axis=axis)


def trilu(call: Call) -> Value:
    k = 0 if call.input(1) is None else int(np.clip(call.number(1, "k"), -FAR, FAR))
    return call.emit("trilu", call.need(0), upper=bool(call.int("upper", 1)), k=k)


def reverse_sequence(call: Call) -> Value:
    """Along time, the first ``length`` elements of each batch item backwards."""
    x, lengths = call.need(0), call.need(1)
    batch_axis, time_axis = call.int("batch_axis", 1), call.int("time_axis", 0)
    if {batch_axis, time_axis} != {0, 1} or x.type.rank < 2:
        raise ModelFormatError(f"batch_axis is {batch_axis} and time_axis {time_axis}, expected 0 and 1")
    times, items = x.type.shape[time_axis], x.type.shape[batch_axis]
    time = call.emit("unsqueeze", call.emit("range", start=0, limit=times, delta=1), axes=(batch_axis,))
    length = call.emit("unsqueeze", lengths, axes=(time_axis,))
    backwards = call.emit("sub", call.emit("sub", length, call.like(1, length)), time)
    source = call.emit("where", call.emit("less", time, length), backwards, time)
    item = call.emit("unsqueeze", call.emit("range", start=0, limit=items, delta=1), axes=(time_axis,))
    item = call.emit("expand", item, shape=x.type.shape[:2])
    pair = [source, item] if time_axis == 0 else [item, source]
    columns = [call.emit("unsqueeze", value, axes=(2,)) for value in pair]
    return call.emit("gather_nd", x, call.emit("concat", *columns, axis=2))


RULES = {
    "CumProd": cumprod,
    "CumSum": cumsum,
    "Gather": gather,
    "GatherElements": gather_elements,
    "OneHot": one_hot,
    "ReverseSequence": reverse_sequence,
    "Scatter": scatter_elements,
    "ScatterElements": scatter_elements,
    "TensorScatter": tensor_scatter,
    "TopK": top_k,
    "Trilu": trilu,
}
