# SPDX-License-Identifier: Apache-2.0
"""Ops that index or order: gathers, top_k, one_hot, positions of extremes, running sums."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lite.errors import UnsupportedOpError
from lite.importers._building import axis_of
from lite.importers.tensorflow.call import Call
from lite.ir import DType, Value


def gather(call: Call) -> Value:
    """Along an axis, or along the one behind the axes that both have."""
    x, indices = call.need(0), call.need(1)
    axis = axis_of(call.single(2, "axis") if len(call.inputs) > 2 else 0, x.type.rank)
    shared = axis_of(call.int("batch_dims", 0), indices.type.rank + 1)
    if shared == 0:
        return call.emit("gather", x, indices, axis=axis)
    if axis != shared:
        raise UnsupportedOpError(
            f"batch_dims {shared} with axis {axis} is not supported", hint="equal ones are"
        )
    columns = call.emit("unsqueeze", indices, axes=(indices.type.rank,))
    return call.emit("gather_nd", x, columns, batch_dims=shared)


def gather_nd(call: Call) -> Value:
    return call.emit("gather_nd", call.need(0), call.need(1), batch_dims=call.int("batch_dims", 0))


def top_k(call: Call) -> Sequence[Value]:
    x = call.need(0)
    axis, ordered = axis_of(-1, x.type.rank), call.flag("sorted", True)
    values, places = call.emit_all("top_k", x, k=call.extent(1, "k"), axis=axis, sorted=ordered)
    return values, call.cast(places, call.dtype("index_type", DType.S32))


def scatter_nd(call: Call) -> Value:
    """Updates added up where they belong, zeros elsewhere."""
    indices, updates = call.need(0), call.need(1)
    zeros = call.emit("expand", call.like(0, updates), shape=call.extents(2, "shape"))
    return call.emit("scatter_nd", zeros, indices, updates, reduction="add")


def _scattered(reduction: str) -> Callable[[Call], Value]:
    return lambda call: call.emit("scatter_nd", call.need(0), call.need(1), call.need(2), reduction=reduction)


def one_hot(call: Call) -> Value:
    indices = call.need(0)
    if indices.type.dtype not in (DType.S32, DType.S64):
        indices = call.cast(indices, DType.S64)
    values = [call.emit("unsqueeze", call.need(position), axes=(0,)) for position in (3, 2)]
    both = call.emit("concat", *values, axis=0)
    axis = axis_of(call.int("axis", -1), indices.type.rank + 1)
    return call.emit("one_hot", indices, both, depth=call.extent(1, "depth"), axis=axis)


def _extreme(op: str) -> Callable[[Call], Value]:
    def rule(call: Call) -> Value:
        x = call.need(0)
        axis = axis_of(call.single(1, "axis"), x.type.rank)
        found = call.emit(op, x, axis=axis, keepdims=False)
        return call.cast(found, call.dtype("output_type", DType.S64))

    return rule


def cumsum(call: Call) -> Value:
    x = call.need(0)
    axis = axis_of(call.single(1, "axis"), x.type.rank)
    return call.emit("cumsum", x, axis=axis, exclusive=call.flag("exclusive"), reverse=call.flag("reverse"))


RULES = {
    "ArgMax": _extreme("arg_max"), "ArgMin": _extreme("arg_min"), "Cumsum": cumsum, "Gather": gather,
    "GatherNd": gather_nd, "GatherV2": gather, "OneHot": one_hot, "ResourceGather": gather,
    "ScatterNd": scatter_nd, "TensorScatterAdd": _scattered("add"),
    "TensorScatterUpdate": _scattered("none"), "TopKV2": top_k,
}  # fmt: skip
