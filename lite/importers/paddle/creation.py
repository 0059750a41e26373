# SPDX-License-Identifier: Apache-2.0
"""Paddle's ops that make tensors from attributes and shapes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axis_of
from lite.importers.paddle.call import Call
from lite.importers.paddle.shaping import expanded
from lite.ir import DType, Extent, Value

MOST_ELEMENTS = 4096  # a greater constant of one number is kept as its expansion
_VALUES = {
    "bool_values": DType.BOOL,
    "fp32_values": DType.F32,
    "fp64_values": DType.F32,
    "int32_values": DType.S32,
    "int64_values": DType.S64,
    "int8_values": DType.S8,
}


def filled(call: Call, shape: Sequence[Extent], content: Any, dtype: DType) -> Value:
    """A tensor of one number."""
    count = 1
    for extent in shape:
        if not isinstance(extent, int):
            count = MOST_ELEMENTS + 1
            break
        if extent < 0:
            raise ModelFormatError(f"shape {list(shape)} has a negative extent")
        count *= extent
    if count <= MOST_ELEMENTS:
        return call.constant(np.full(tuple(int(extent) for extent in shape), content), dtype)
    return expanded(call, call.constant(content, dtype), shape)


def _fill_constant(call: Call) -> Value:
    shape = call.extents("shape", tensor="ShapeTensor", tensors="ShapeTensorList", default=())
    dtype = call.dtype("dtype", 5)
    value = call.optional("ValueTensor")
    if value is not None:
        return expanded(call, call.cast(call.reshape(value, ()), dtype), shape)
    return filled(call, shape, _number(call, dtype), dtype)


def _number(call: Call, dtype: DType) -> float | int:
    """The number to fill with: str_value, which is exact, else value."""
    text = call.text("str_value", "")
    if not text:
        return call.number("value", 0.0)
    try:
        return float(text) if dtype.is_float or not text.lstrip("+-").isdigit() else int(text)
    except ValueError as error:
        raise ModelFormatError(f"attribute 'str_value' is {text!r}, expected a number") from error


def _fill_any_like(call: Call) -> Value:
    x = call.input("X")
    number = call.integer("dtype", -1)
    dtype = x.type.dtype if number == -1 else call.dtype("dtype", 5)
    return filled(call, x.type.shape, call.number("value", 0.0), dtype)


def _fill_batch_size_like(call: Call) -> Value:
    like = call.input("Input")
    shape: list[Extent] = list(call.integers("shape"))
    source = axis_of(call.integer("input_dim_idx", 0), like.type.rank)
    shape[axis_of(call.integer("output_dim_idx", 0), len(shape))] = like.type.shape[source]
    dtype = call.dtype("dtype", 5)
    return filled(call, shape, _number(call, dtype), dtype)


def _assign_value(call: Call) -> Value:
    attributes = call.operator.attributes
    found = next((name for name in ("values", *_VALUES) if attributes.get(name)), None)
    if found is None:
        raise ModelFormatError("no values are given")
    values, shape = attributes[found], call.integers("shape")
    dtype = call.dtype("dtype", 5)
    if not isinstance(values, tuple) or any(isinstance(value, str) for value in values):
        raise ModelFormatError(f"attribute {found!r} is {values!r:.80}, expected numbers")
    if min(shape, default=0) < 0 or int(np.prod(shape, dtype=object)) != len(values):
        raise ModelFormatError(f"{len(values)} values are given for shape {list(shape)}")
    return call.constant(np.asarray(values).reshape(shape), dtype)


def _range(call: Call) -> Value:
    """Integers may be counted by floats in PIR, where the type is an attribute."""
    bounds = [call.input(slot) for slot in ("Start", "End", "Step")]
    given = bounds[0].type.dtype
    dtype = call.dtype("dtype", 5) if call.integer("dtype", -1) >= 0 else given
    if given.is_float:
        floats = [_float(call, value) for value in bounds]
        numbers: list[Any] = floats if dtype.is_float else [int(number) for number in floats]
    else:
        numbers = [call.extents_of(value)[0] for value in bounds]
    start, limit, delta = numbers
    return call.add("range", start=start, limit=limit, delta=delta, dtype=dtype)


def _float(call: Call, value: Value) -> float:
    array = call.array_of(value)
    if array is None or array.size != 1:
        raise UnsupportedOpError(f"its bound {value.name!r} is known only when running")
    return float(array.reshape(()))


def _linspace(call: Call) -> Value:
    start, stop, count = (call.input(slot) for slot in ("Start", "Stop", "Num"))
    steps = call.extents_of(count)[0]
    if not isinstance(steps, int) or not 0 < steps <= MOST_ELEMENTS:
        raise UnsupportedOpError(
            f"the number of steps {steps} must be known when converting, and at most {MOST_ELEMENTS}"
        )
    return call.constant(np.linspace(_float(call, start), _float(call, stop), steps), call.dtype("dtype", 5))


def _eye(call: Call) -> Value:
    rows, columns = call.integer("num_rows"), call.integer("num_columns", -1)
    columns = rows if columns < 0 else columns
    if rows < 0 or rows * columns > MOST_ELEMENTS * 1024:
        raise ModelFormatError(f"an identity matrix of {rows} x {columns} is out of bounds")
    return call.constant(np.eye(rows, columns), call.dtype("dtype", 5))


def _meshgrid(call: Call) -> tuple[Value, ...]:
    values = call.inputs("X")
    shape = tuple(value.type.count for value in values)
    grids = []
    for axis, value in enumerate(values):
        line = call.reshape(value, tuple(shape[axis] if place == axis else 1 for place in range(len(shape))))
        grids.append(expanded(call, line, shape))
    return tuple(grids)


RULES = {
    "assign_value": _assign_value, "eye": _eye, "fill_any_like": _fill_any_like,
    "fill_constant": _fill_constant, "fill_constant_batch_size_like": _fill_batch_size_like,
    "fill_zeros_like": _fill_any_like, "linspace": _linspace, "meshgrid": _meshgrid, "range": _range,
}  # fmt: skip
