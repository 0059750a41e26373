# SPDX-License-Identifier: Apache-2.0
"""Tensors that come from attributes or shapes: Constant, ConstantOfShape, Range, Shape, Size, EyeLike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import slice_window
from lite.importers.onnx.call import Call
from lite.importers.onnx.tensors import computed, dtype_of
from lite.ir import Value
from lite.ir.dim import is_static

MOST_IDENTITY = 1 << 24  # elements of an identity matrix made at import


def constant(call: Call) -> Value:
    forms: dict[str, Callable[[], Any]] = {
        "value": lambda: call.tensor("value"),
        "value_float": lambda: np.float32(call.float("value_float")),
        "value_floats": lambda: np.array(call.floats("value_floats"), np.float32),
        "value_int": lambda: np.int64(call.int("value_int")),
        "value_ints": lambda: np.array(call.many("value_ints"), np.int64),
    }
    for name, read in forms.items():
        if call.has(name):
            return call.constant(read())
    if call.has("sparse_value"):
        raise UnsupportedOpError("sparse tensors are not supported", hint="store the tensor as a dense one")
    if call.has("value_string") or call.has("value_strings"):
        raise UnsupportedOpError("text is not supported", hint="do this step before the model")
    raise ModelFormatError("the constant has no value")


def constant_of_shape(call: Call) -> Value:
    value = call.tensor("value") if call.has("value") else np.zeros(1, np.float32)
    if value.size != 1:
        raise ModelFormatError(f"value has {value.size} elements, expected 1")
    shape = call.extents(0, "shape")
    if any(isinstance(extent, int) and extent < 0 for extent in shape):
        raise ModelFormatError(f"the shape is {list(shape)}")
    return call.emit("expand", call.constant(value.reshape(())), shape=shape)


def make_range(call: Call) -> Value:
    dtype = call.need(0).type.dtype
    names = ("start", "limit", "delta")
    if dtype.is_float and all(call.array(position) is not None for position in range(3)):
        reals = {what: float(call.number(position, what)) for position, what in enumerate(names)}
        return call.emit("range", **reals, dtype=dtype)
    wholes = {what: call.extent(position, what) for position, what in enumerate(names)}
    if not dtype.is_float:
        return call.emit("range", **wholes, dtype=dtype)
    return call.emit("cast", call.emit("range", **wholes), to=dtype)  # floats that were extents


def shape(call: Call) -> Value:
    x = call.need(0)
    rank = x.type.rank
    start, size = slice_window(rank, call.int("start", 0), call.int("end", rank), 1)
    extents = x.type.shape[start : start + size]
    if is_static(extents):
        return call.constant(np.array(extents, np.int64))
    whole = call.emit("shape", x)
    if size == rank:
        return whole
    return call.emit("slice", whole, axes=(0,), starts=(start,), sizes=(size,), steps=(1,))


def size(call: Call) -> Value:
    x = call.need(0)
    if isinstance(x.type.count, int):
        return call.constant(np.int64(x.type.count))
    return call.emit("reduce_prod", call.emit("shape", x), axes=(0,))


def eye_like(call: Call) -> Value:
    x = call.need(0)
    dtype = computed(dtype_of(call.int("dtype"))) if call.has("dtype") else x.type.dtype
    if x.type.rank != 2 or not is_static(x.type.shape):
        raise UnsupportedOpError(
            f"its input is {x.type}; a matrix of fixed extents is supported",
            hint="fix the extents with input_shapes",
        )
    rows, columns = (int(extent) for extent in x.type.shape)
    if rows * columns > MOST_IDENTITY:
        raise UnsupportedOpError(f"an identity matrix of {rows} x {columns} is too large")
    return call.constant(np.eye(rows, columns, int(call.int("k", 0))), dtype)


RULES = {
    "Constant": constant,
    "ConstantOfShape": constant_of_shape,
    "EyeLike": eye_like,
    "Range": make_range,
    "Shape": shape,
    "Size": size,
}
