# SPDX-License-Identifier: Apache-2.0
"""Elementwise ops that are no mere renames: versions, optional bounds, mixed types, several operands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.onnx.call import Call
from lite.importers.onnx.tensors import computed, dtype_of
from lite.ir import DType, Value

MOST_EXACT = 1 << 24  # whole numbers up to here are exact in a float attribute


def _folded(op: str) -> Callable[[Call], Value]:
    """A rule for several operands by an op of two."""

    def rule(call: Call) -> Value:
        result = call.need(0)
        for position in range(1, len(call.inputs)):
            result = call.emit(op, result, call.need(position))
        return result

    return rule


def mean(call: Call) -> Value:
    total = _folded("add")(call)
    return call.emit("mul", total, call.like(1.0 / len(call.inputs), total))


def clip(call: Call) -> Value:
    x = call.need(0)
    if call.opset < 11:
        lo = call.float("min", -np.inf)
        return call.emit("clip", x, lo=_finite(lo, -np.inf), hi=_finite(call.float("max", np.inf), np.inf))
    bounds = [_bound(call, position, x) for position in (1, 2)]
    if all(bound is not None for bound in bounds):
        return call.emit("clip", x, lo=bounds[0], hi=bounds[1])
    result = x if call.input(1) is None else call.emit("max", x, call.need(1))
    return result if call.input(2) is None else call.emit("min", result, call.need(2))


def _finite(bound: float, none: float) -> float:
    """Exporters write the greatest float for "no bound"."""
    return none if abs(bound) >= float(np.finfo(np.float32).max) else float(bound)


def _bound(call: Call, position: int, x: Value) -> float | None:
    """A bound that an attribute can hold, or None; infinite if left out."""
    none = -np.inf if position == 1 else np.inf
    value = call.input(position)
    if value is None:
        return none
    array = call.array(position)
    if array is None or array.size != 1:
        return None
    bound = array.reshape(-1)[0]
    if x.type.dtype is DType.F32:
        return _finite(float(bound), none)
    return float(bound) if not x.type.dtype.is_float and abs(int(bound)) < MOST_EXACT else None


def power(call: Call) -> Value:
    """The result has the base's type, whatever the exponent's."""
    base, exponent = call.need(0), call.need(1)
    dtype = base.type.dtype
    if exponent.type.dtype is dtype:
        return call.emit("pow", base, exponent)
    if dtype.is_float:
        return call.emit("pow", base, call.emit("cast", exponent, to=dtype))
    if exponent.type.dtype.is_float:
        wide = call.emit("pow", call.emit("cast", base, to=exponent.type.dtype), exponent)
        return call.emit("cast", wide, to=dtype)
    wide = call.emit("pow", call.emit("cast", base, to=DType.S64), call.emit("cast", exponent, to=DType.S64))
    return call.emit("cast", wide, to=dtype)


def cast(call: Call) -> Value:
    return _cast(call, computed(dtype_of(call.int("to"))))


def cast_like(call: Call) -> Value:
    return _cast(call, call.need(1).type.dtype)


def bit_cast(call: Call) -> Value:
    x, to = call.need(0), dtype_of(call.int("to"))
    sizes = x.type.dtype.size_bytes, to.size_bytes
    stored = DType.F16 in (x.type.dtype, to) or to is DType.BF16  # these are computed in 32 bits
    if sizes[0] != sizes[1] or stored or (to is DType.BOOL and x.type.dtype is not to):
        raise UnsupportedOpError(f"bits of {x.type.dtype.value} as {to.value} are not supported",
                                 hint="elements of one size are, but of 16-bit floats and bools")  # fmt: skip
    return call.emit("bit_cast", x, to=to)


def _cast(call: Call, to: DType) -> Value:
    x = call.need(0)
    return x if x.type.dtype is to else call.emit("cast", x, to=to)


def gelu(call: Call) -> Value:
    approximate = call.text("approximate", "none")
    if approximate not in ("none", "tanh"):
        raise ModelFormatError(f"approximate is {approximate!r}, expected none or tanh")
    return call.emit("gelu", call.need(0), approximate=approximate)


def prelu(call: Call) -> Value:
    x, slope = call.need(0), call.need(1)
    if x.type.dtype.is_float or x.type.dtype in (DType.S8, DType.S16, DType.S32, DType.S64):
        return call.emit("prelu", x, slope)
    raise UnsupportedOpError(f"{x.type.dtype.value} has no negative numbers", hint="remove the op")


def relu(call: Call) -> Value:
    x = call.need(0)
    return call.emit("relu", x) if x.type.dtype.is_float else call.emit("max", x, call.like(0, x))


RULES = {
    "BitCast": bit_cast,
    "Cast": cast,
    "CastLike": cast_like,
    "Clip": clip,
    "Gelu": gelu,
    "Max": _folded("max"),
    "Mean": mean,
    "Min": _folded("min"),
    "PRelu": prelu,
    "Pow": power,
    "Relu": relu,
    "Sum": _folded("add"),
}
