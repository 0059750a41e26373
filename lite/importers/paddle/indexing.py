# SPDX-License-Identifier: Apache-2.0
"""Paddle's ops that pick elements by index or order them."""

from __future__ import annotations

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axis_of
from lite.importers.paddle.call import Call
from lite.ir import DType, Value


def _gather(call: Call) -> Value:
    x, index = call.input("X"), call.input("Index")
    axis = axis_of(call.static_extent("axis", "Axis", 0), x.type.rank)
    if index.type.rank == 2 and index.type.shape[1] == 1:
        index = call.reshape(index, index.type.shape[:1])
    return call.add("gather", x, index, axis=axis)


def _gather_nd(call: Call) -> Value:
    return call.add("gather_nd", call.input("X"), call.input("Index"))


def _index_select(call: Call) -> Value:
    x = call.input("X")
    return call.add("gather", x, call.input("Index"), axis=axis_of(call.integer("dim", 0), x.type.rank))


def _take_along_axis(call: Call) -> Value:
    x = call.input("Input")
    return call.add(
        "gather_elements", x, call.input("Index"), axis=axis_of(call.integer("Axis", 0), x.type.rank)
    )


def _lookup_table(call: Call) -> Value:
    """Rows of a table; the padding index gives zeros."""
    table, ids = call.input("W"), call.input("Ids")
    if call.operator.type == "lookup_table" and ids.type.rank > 1 and ids.type.shape[-1] == 1:
        ids = call.reshape(ids, ids.type.shape[:-1])
    rows = call.add("gather", table, ids, axis=0)
    padding = call.integer("padding_idx", -1)
    if padding == -1:
        return rows
    is_padding = call.add("equal", ids, call.constant(padding, ids))
    return call.add("where", call.reshape(is_padding, (*ids.type.shape, 1)), call.constant(0.0, rows), rows)


def _scatter(call: Call) -> Value:
    """Rows written over; with overwrite=False the rows named are summed instead."""
    if not call.flag("overwrite", True):
        raise UnsupportedOpError("scatter that adds up is not supported", hint="use scatter_nd_add")
    x, ids, updates = call.input("X"), call.input("Ids"), call.input("Updates")
    return call.add("scatter_nd", x, call.reshape(ids, (ids.type.count, 1)), updates)


def _scatter_nd_add(call: Call) -> Value:
    return call.add(
        "scatter_nd", call.input("X"), call.input("Index"), call.input("Updates"), reduction="add"
    )


def _arg(name: str, call: Call) -> Value:
    x, axis = call.input("X"), call.integer("axis", 0)
    if call.flag("flatten", False):
        x, axis = call.reshape(x, (x.type.count,)), 0
    y = call.add(name, x, axis=axis_of(axis, x.type.rank), keepdims=call.flag("keepdims", False))
    if y.type.rank == 0 and call.declared_rank() == 1:
        y = call.reshape(y, (1,))
    return call.cast(y, call.dtype("dtype", 3))


def _top_k(call: Call) -> dict[str, Value]:
    x = call.input("X")
    values, indices = call.add_all(
        "top_k",
        x,
        k=call.static_extent("k", "K"),
        axis=axis_of(call.integer("axis", -1), x.type.rank),
        largest=call.flag("largest", True),
        sorted=call.flag("sorted", True),
    )
    return {"Out": values, "Indices": indices}


def _arg_sort(call: Call) -> dict[str, Value]:
    x = call.input("X")
    axis = axis_of(call.integer("axis", -1), x.type.rank)
    extent = x.type.shape[axis]
    if not isinstance(extent, int):
        raise UnsupportedOpError(f"sorting extent {extent}, known only when running, is not supported")
    values, indices = call.add_all("top_k", x, k=extent, axis=axis, largest=call.flag("descending", False))
    return {"Out": values, "Indices": indices}


def _cumsum(call: Call) -> Value:
    x = call.input("X")
    if call.flag("flatten", False):
        x = call.reshape(x, (x.type.count,))
    return call.add(
        "cumsum",
        x,
        axis=axis_of(call.integer("axis", -1), x.type.rank),
        exclusive=call.flag("exclusive", False),
        reverse=call.flag("reverse", False),
    )


def _one_hot(call: Call) -> Value:
    x = call.input("X")
    if call.operator.type == "one_hot" and x.type.rank > 1 and x.type.shape[-1] == 1:
        x = call.reshape(x, x.type.shape[:-1])  # fluid 1.x asks for a last extent of 1
    depth = call.static_extent("depth", "depth_tensor")
    if depth < 1:
        raise ModelFormatError(f"depth is {depth}, expected at least 1")
    values = call.constant([0, 1], call.dtype("dtype", 5) if call.integer("dtype", 5) != 5 else DType.F32)
    return call.add("one_hot", x, values, depth=depth, axis=x.type.rank)


def _tril_triu(call: Call) -> Value:
    return call.add(
        "trilu", call.input("X"), upper=not call.flag("lower", True), k=call.integer("diagonal", 0)
    )


RULES = {
    "arg_max": lambda call: _arg("arg_max", call), "arg_min": lambda call: _arg("arg_min", call),
    "argsort": _arg_sort, "cumsum": _cumsum, "gather": _gather, "gather_nd": _gather_nd,
    "index_select": _index_select, "lookup_table": _lookup_table, "lookup_table_v2": _lookup_table,
    "one_hot": _one_hot, "one_hot_v2": _one_hot, "scatter": _scatter, "scatter_nd_add": _scatter_nd_add,
    "take_along_axis": _take_along_axis, "top_k": _top_k, "top_k_v2": _top_k, "tril_triu": _tril_triu,
}  # fmt: skip
