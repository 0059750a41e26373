# SPDX-License-Identifier: Apache-2.0
"""Ops that index, order or count."""

from __future__ import annotations

from lite.errors import ModelFormatError
from lite.importers._building import axis_of
from lite.importers.tflite.call import Call
from lite.ir import DType, Extent, Value

INDICES = (DType.S32, DType.S64)


def _indices(call: Call, position: int) -> Value:
    value = call.stored(position)
    return value if value.type.dtype in INDICES else call.cast(value, DType.S64)


def gather(call: Call) -> Value:
    """With batch axes, the indices of each item of the batch choose from it alone."""
    x, indices = call.moved(0), _indices(call, 1)
    axis, batch = axis_of(int(call.options.axis), x.type.rank), int(call.options.batch_dims)
    batch = batch + indices.type.rank if batch < 0 else batch
    if batch == 0:
        return call.emit("gather", x, indices, axis=axis)
    if not 0 < batch <= min(axis, indices.type.rank):
        raise ModelFormatError(f"batch_dims is {batch} for axis {axis} and indices {indices.type}")
    if axis > batch:  # the axis moves behind those of the batch; the ones between follow what is chosen
        between = range(batch, axis)
        x = call.emit("transpose", x, perm=(*range(batch), axis, *between, *range(axis + 1, x.type.rank)))
    column = call.emit("unsqueeze", indices, axes=(indices.type.rank,))
    y = call.emit("gather_nd", x, column, batch_dims=batch)
    if axis == batch:
        return y
    chosen = range(batch, indices.type.rank)
    middle = range(indices.type.rank, indices.type.rank + axis - batch)
    return call.emit("transpose", y, perm=(*range(batch), *middle, *chosen, *range(middle.stop, y.type.rank)))


def gather_nd(call: Call) -> Value:
    return call.emit("gather_nd", call.moved(0), _indices(call, 1))


def embedding_lookup(call: Call) -> Value:
    """Rows of the second input by the indices of the first."""
    return call.emit("gather", call.moved(1), _indices(call, 0), axis=0)


def scatter_nd(call: Call) -> Value:
    """Zeros, and updates added where indices say."""
    indices, updates = _indices(call, 0), call.moved(1)
    zeros = call.emit("expand", call.like(0, updates), shape=call.extents(2, "shape"))
    return call.emit("scatter_nd", zeros, indices, updates, reduction="add")


def top_k_v2(call: Call) -> tuple[Value, ...]:
    x = call.moved(0)
    (k,) = call.extents(1, "k")
    return call.emit_all("top_k", x, k=k, axis=x.type.rank - 1)


def one_hot(call: Call) -> Value:
    indices = _indices(call, 0)
    (depth,) = call.extents(1, "depth")
    on, off = (call.reshape(call.stored(position), (1,)) for position in (2, 3))
    axis = axis_of(int(call.options.axis), indices.type.rank + 1)
    return call.emit("one_hot", indices, call.emit("concat", off, on, axis=0), depth=depth, axis=axis)


def cumsum(call: Call) -> Value:
    x = call.need(0)
    return call.emit("cumsum", x, axis=axis_of(call.single(1, "axis"), x.type.rank),
                     exclusive=bool(call.options.exclusive), reverse=bool(call.options.reverse))


def range_(call: Call) -> Value:
    """Start, limit and delta must be known; of floats as numbers."""
    dtype = call.stored(0).type.dtype
    if dtype.is_float:
        numbers = [float(call.fixed(position, "bounds").reshape(-1)[0]) for position in range(3)]
        return call.emit("range", start=numbers[0], limit=numbers[1], delta=numbers[2], dtype=dtype)
    bounds: list[Extent] = [call.extents(position, "bounds")[0] for position in range(3)]
    return call.emit("range", start=bounds[0], limit=bounds[1], delta=bounds[2], dtype=dtype)


RULES = {
    "CUMSUM": cumsum, "EMBEDDING_LOOKUP": embedding_lookup, "GATHER": gather, "GATHER_ND": gather_nd,
    "ONE_HOT": one_hot, "RANGE": range_, "SCATTER_ND": scatter_nd, "TOPK_V2": top_k_v2,
}  # fmt: skip
