# SPDX-License-Identifier: Apache-2.0
"""Arithmetic and activations that are no mere renames."""

from __future__ import annotations

import functools
from collections.abc import Callable

from lite.errors import UnsupportedOpError
from lite.importers.tflite.call import Call
from lite.ir import DType, Value

L2_LEAST = 1e-6  # the norm that vectors are divided by at least
QUANT_BITS = 8


def _with_activation(op: str) -> Callable[[Call], Value]:
    return lambda call: call.activated(call.emit(op, call.need(0), call.need(1)))


def add_n(call: Call) -> Value:
    return functools.reduce(lambda total, value: call.emit("add", total, value), call.inputs(1), call.need(0))


def squared_difference(call: Call) -> Value:
    difference = call.emit("sub", call.need(0), call.need(1))
    return call.emit("mul", difference, difference)


def floor_div(call: Call) -> Value:
    a, b = call.need(0), call.need(1)
    if a.type.dtype.is_float:
        return call.emit("floor", call.emit("div", a, b))
    return call.emit("div", call.emit("sub", a, call.emit("mod", a, b)), b)


def _between(lo: float, hi: float) -> Callable[[Call], Value]:
    return lambda call: call.emit("clip", call.need(0), lo=lo, hi=hi)


def gelu(call: Call) -> Value:
    return call.emit("gelu", call.need(0), approximate="tanh" if call.options.approximate else "none")


def softmax(call: Call) -> Value:
    x, beta = call.need(0), float(call.options.beta)
    scaled = x if beta == 1 else call.emit("mul", x, call.like(beta, x))
    return call.emit("softmax", scaled, axis=x.type.rank - 1)


def log_softmax(call: Call) -> Value:
    x = call.need(0)
    return call.emit("log_softmax", x, axis=x.type.rank - 1)


def l2_normalization(call: Call) -> Value:
    x = call.need(0)
    last = x.type.rank - 1
    norm = call.emit("reduce_l2", x, axes=(last,), keepdims=True)
    return call.activated(call.emit("div", x, call.emit("max", norm, call.like(L2_LEAST, x))))


def local_response_normalization(call: Call) -> Value:
    """The sum of squares is not divided by their number, as ours is."""
    x, options = call.need(0), call.options
    size = 2 * int(options.radius) + 1
    return call.emit("lrn", x, size=size, alpha=float(options.alpha) * size, beta=float(options.beta),
                     bias=float(options.bias), axis=x.type.rank - 1)


def select(call: Call) -> Value:
    """A condition of rank 1 chooses rows; one of rank 0 everything."""
    condition, x, y = call.need(0), call.need(1), call.need(2)
    if condition.type.rank == 1 and x.type.rank > 1:
        condition = call.reshape(condition, (*condition.type.shape, *(1,) * (x.type.rank - 1)))
    return call.emit("where", condition, x, y)


def cast(call: Call) -> Value:
    """The numbers that are stored, whatever they stand for."""
    return call.cast(call.stored(0), call.output().dtype)


def zeros_like(call: Call) -> Value:
    x = call.need(0)
    return call.emit("expand", call.like(0, x), shape=x.type.shape)


def fake_quant(call: Call) -> Value:
    """Rounded to the 256 steps between two numbers, of which one is moved to the nearest whole zero point."""
    options = call.options
    if options.num_bits != QUANT_BITS or options.narrow_range:
        raise UnsupportedOpError(f"fake quantization to {options.num_bits} bits, narrow range "
                                 f"{options.narrow_range}, is not supported", hint="use 8 bits, all of them")
    low, high = min(float(options.min), 0.0), max(float(options.max), 0.0)
    scale = call.constant((high - low) / 255, DType.F32)
    zero_point = round(min(max(-low * 255 / (high - low), 0.0), 255.0)) if high > low else 0
    q = call.emit("quantize", call.need(0), scale, zero_point=zero_point, dtype=DType.U8)
    return call.emit("dequantize", q, scale, zero_point=zero_point)


RULES = {
    "ADD": _with_activation("add"), "ADD_N": add_n, "CAST": cast, "DIV": _with_activation("div"),
    "FAKE_QUANT": fake_quant, "FLOOR_DIV": floor_div, "GELU": gelu, "L2_NORMALIZATION": l2_normalization,
    "LOCAL_RESPONSE_NORMALIZATION": local_response_normalization, "LOG_SOFTMAX": log_softmax,
    "MUL": _with_activation("mul"), "RELU_0_TO_1": _between(0.0, 1.0), "RELU_N1_TO_1": _between(-1.0, 1.0),
    "SELECT": select, "SOFTMAX": softmax, "SQUARED_DIFFERENCE": squared_difference,
    "SUB": _with_activation("sub"), "ZEROS_LIKE": zeros_like,
}  # fmt: skip
