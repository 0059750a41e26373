# SPDX-License-Identifier: Apache-2.0
"""Paddle's functions of two tensors, with its own rule of broadcasting, and scale."""

from __future__ import annotations

import functools

import numpy as np

from lite.errors import ModelFormatError
from lite.importers.paddle.call import Call
from lite.ir import DType, Extent, Value


def aligned(call: Call) -> tuple[Value, Value]:
    """X and Y so that numpy's broadcasting does what Paddle's ``axis`` says, with one element type.

    The operand of lower rank stands under the other's axes from ``axis`` on; -1: under the last ones. Its
    trailing extents of 1 do not count when ``axis`` is given.
    """
    x, y = call.input("X"), call.input("Y")
    axis = call.integer("axis", -1)
    if axis >= 0 and x.type.rank > y.type.rank:
        y = _under(call, y, x.type.rank, axis)
    elif axis >= 0 and y.type.rank > x.type.rank:
        x = _under(call, x, y.type.rank, axis)
    dtype = x.type.dtype if x.type.dtype is y.type.dtype else _common(x.type.dtype, y.type.dtype)
    return call.cast(x, dtype), call.cast(y, dtype)


def _under(call: Call, value: Value, rank: int, axis: int) -> Value:
    shape: tuple[Extent, ...] = value.type.shape
    while axis + len(shape) > rank and shape and shape[-1] == 1:
        shape = shape[:-1]
    if axis + len(shape) > rank:
        raise ModelFormatError(f"{value.type} does not fit under rank {rank} from axis {axis} on")
    if axis + len(shape) == rank:
        return call.reshape(value, shape)
    return call.reshape(value, (*shape, *(1,) * (rank - axis - len(shape))))


def _common(left: DType, right: DType) -> DType:
    if left.is_float or right.is_float:
        return left if left.is_float else right
    return DType.of(np.promote_types(left.numpy, right.numpy))


def _binary(name: str, call: Call) -> Value:
    x, y = aligned(call)
    result = call.add(name, x, y)
    return result if result.type.dtype is DType.BOOL else _scaled_output(call, result)


def _scaled_output(call: Call, value: Value) -> Value:
    """Paddle's optimiser writes scales into elementwise ops; exported models have none or ones."""
    factor = call.number("Scale_out", 1.0)
    if call.text("fuse_activation", ""):
        raise ModelFormatError(
            f"the activation {call.text('fuse_activation')!r} was fused into it",
            hint="give the model as it was before Paddle's inference passes",
        )
    return call.times(value, factor)


def _floor_div(call: Call) -> Value:
    x, y = aligned(call)
    if x.type.dtype.is_float:
        return call.add("floor", call.add("div", x, y))
    remainder = call.add("mod", x, y)
    return call.add("div", call.add("sub", x, remainder), y)


def _scale(call: Call) -> Value:
    """scale * x + bias, or scale * (x + bias); integers stay integers."""
    x, bias = call.input("X"), call.number("bias", 0.0)
    factor = call.optional("ScaleTensor")
    if factor is not None:

        def multiplied(value: Value) -> Value:
            return call.add("mul", value, call.cast(factor, value.type.dtype))
    else:

        def multiplied(value: Value) -> Value:
            return call.times(value, call.number("scale", 1.0))

    if call.flag("bias_after_scale", True):
        return call.plus(multiplied(x), bias)
    return multiplied(call.plus(x, bias))


def _sum(call: Call) -> Value:
    values = call.inputs("X")
    if not values:
        raise ModelFormatError("input 'X' is missing")
    return functools.reduce(lambda total, value: call.add("add", total, value), values)


def _increment(call: Call) -> Value:
    return call.plus(call.input("X"), call.number("step", 1.0))


def _logical_not(call: Call) -> Value:
    return call.add("logical_not", call.input("X"))


def _where(call: Call) -> Value:
    return call.add("where", call.input("Condition"), call.input("X"), call.input("Y"))


_BINARY = {
    "elementwise_add": "add", "elementwise_sub": "sub", "elementwise_mul": "mul",
    "elementwise_div": "div", "elementwise_pow": "pow", "elementwise_max": "max",
    "elementwise_min": "min", "elementwise_mod": "mod", "maximum": "max", "minimum": "min",
    "equal": "equal", "not_equal": "not_equal", "less_than": "less", "less_equal": "less_equal",
    "greater_than": "greater", "greater_equal": "greater_equal", "logical_and": "logical_and",
    "logical_or": "logical_or", "logical_xor": "logical_xor", "bitwise_and": "bitwise_and",
    "bitwise_or": "bitwise_or", "bitwise_xor": "bitwise_xor",
}  # fmt: skip

RULES = {
    **{paddle: functools.partial(_binary, ours) for paddle, ours in _BINARY.items()},
    "elementwise_floordiv": _floor_div, "increment": _increment, "logical_not": _logical_not,
    "scale": _scale, "sum": _sum, "where": _where,
}  # fmt: skip
