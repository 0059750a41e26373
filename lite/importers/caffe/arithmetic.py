# SPDX-License-Identifier: Apache-2.0
"""Caffe's layers that compute element by element: activations, sums, products, powers."""

from __future__ import annotations

import functools
import math

import numpy as np

from lite.errors import ModelFormatError
from lite.importers._building import axis_of
from lite.importers.caffe.call import Call
from lite.ir import DType, Value
from lite.ir.dim import product


def _unary(op: str, call: Call) -> Value:
    return call.emit(op, call.bottom(0))


def _relu(call: Call) -> Value:
    x, slope = call.bottom(0), call.param("relu").negative_slope
    return call.emit("leaky_relu", x, alpha=slope) if slope else call.emit("relu", x)


def _prelu(call: Call) -> Value:
    x = call.bottom(0)
    if x.type.rank < 2:
        raise ModelFormatError(f"it reads {x.type}, expected channels on axis 1")
    shared = call.param("prelu").channel_shared
    channels = 1 if shared else call.known(x.type.shape[1], "number of channels")
    slopes = call.weights(0, (channels,), "slopes").reshape(channels, *(1,) * (x.type.rank - 2))
    return call.emit("prelu", x, call.constant(slopes))


def _clip(call: Call) -> Value:
    told = call.param("clip")
    if not (told.HasField("min") and told.HasField("max")):
        raise ModelFormatError("clip_param lacks min or max, expected both")
    return call.emit("clip", call.bottom(0), lo=told.min, hi=told.max)


def _elu(call: Call) -> Value:
    return call.emit("elu", call.bottom(0), alpha=call.param("elu").alpha)


def _swish(call: Call) -> Value:
    return call.emit("swish", call.bottom(0), beta=call.param("swish").beta)


def _threshold(call: Call) -> Value:
    above = call.emit("greater", call.bottom(0), call.constant(call.param("threshold").threshold))
    return call.emit("cast", above, to=DType.F32)


def _power(call: Call) -> Value:
    """(shift + scale * x) ^ power."""
    told = call.param("power")
    inner = call.plus(call.times(call.bottom(0), told.scale), told.shift)
    if told.power == 1:
        return call.emit("identity", inner) if inner is call.bottom(0) else inner
    return call.emit("pow", inner, call.constant(told.power))


def _exp(call: Call) -> Value:
    """base ^ (shift + scale * x); e if the base is -1."""
    told = call.param("exp")
    factor = _log_of_base(told.base)
    return call.emit("exp", call.plus(call.times(call.bottom(0), told.scale * factor), told.shift * factor))


def _log(call: Call) -> Value:
    """The logarithm to the base of shift + scale * x."""
    told = call.param("log")
    inner = call.plus(call.times(call.bottom(0), told.scale), told.shift)
    return call.times(call.emit("log", inner), 1 / _log_of_base(told.base))


def _log_of_base(base: float) -> float:
    if base == -1:
        return 1.0
    if base <= 0 or base == 1 or not math.isfinite(base):
        raise ModelFormatError(f"the base is {base}, expected -1 (for e) or a number above 0 other than 1")
    return math.log(base)


def _eltwise(call: Call) -> Value:
    told = call.param("eltwise")
    name = told.DESCRIPTOR.fields_by_name["operation"].enum_type.values_by_number[told.operation].name
    values = [call.bottom(0), *call.bottoms[1:]]
    factors = list(told.coeff) or [1.0] * len(values)
    if len(factors) != len(values) or (name != "SUM" and told.coeff):
        raise ModelFormatError(
            f"{name} of {len(values)} blobs has {len(told.coeff)} coefficients, expected one for each in a "
            f"SUM, else none"
        )
    if any(value.type.shape != values[0].type.shape for value in values):
        shapes = ", ".join(str(value.type) for value in values)
        raise ModelFormatError(f"the blobs are {shapes}, expected one shape")
    if name == "SUM":
        values = [call.times(value, factor) for value, factor in zip(values, factors)]
    op = {"PROD": "mul", "SUM": "add", "MAX": "max"}[name]
    return functools.reduce(lambda total, value: call.emit(op, total, value), values)


def _scale(call: Call) -> Value:
    x, told = call.bottom(0), call.param("scale")
    factor, used = _beside(call, told.axis, told.num_axes, "factors")
    y = call.emit("mul", x, factor)
    if not told.bias_term:
        return y
    extents = tuple(call.known(extent, "extent") for extent in factor.type.shape)
    bias = call.weights(used, _unpadded(extents), "bias")
    return call.emit("add", y, call.constant(bias.reshape(extents)))


def _unpadded(extents: tuple[int, ...]) -> tuple[int, ...]:
    """Extents without the ones behind the last other: how wide a blob is that was set under some axes."""
    kept = len(extents)
    while kept > 1 and extents[kept - 1] == 1:
        kept -= 1
    return extents[:kept]


def _bias(call: Call) -> Value:
    told = call.param("bias")
    return call.emit("add", call.bottom(0), _beside(call, told.axis, told.num_axes, "bias")[0])


def _beside(call: Call, axis: int, axes: int, what: str) -> tuple[Value, int]:
    """The second operand of Scale and Bias under the axes of the first; and how many weights it took."""
    x = call.bottom(0)
    first = axis_of(axis, x.type.rank, last=x.type.rank)
    if len(call.bottoms) > 1:
        other = call.bottom(1)
        behind = x.type.rank - first - other.type.rank
        if behind < 0:
            raise ModelFormatError(f"{other.type} does not fit under {x.type} from axis {axis} on")
        return call.reshape(other, (*other.type.shape, *(1,) * behind)), 0
    count = x.type.rank - first if axes == -1 else axes
    if not 0 <= count <= x.type.rank - first:
        raise ModelFormatError(
            f"num_axes is {axes}, expected at most {x.type.rank - first}, the axes from {axis} on"
        )
    extents = [call.known(extent, "extent") for extent in x.type.shape[first : first + count]]
    behind = x.type.rank - first - count
    weights = call.weights(0, extents, what)
    return call.constant(weights.reshape(*extents, *(1,) * behind)), 1


def _axpy(call: Call) -> Value:
    """The first blob, one factor a channel, times the second plus the third."""
    factor, x, y = (call.bottom(position) for position in range(3))
    channels = x.type.shape[:2]
    if x.type.rank < 2 or factor.type.shape[:2] != channels or factor.type.count != product(channels):
        raise ModelFormatError(f"the factors are {factor.type}, expected one for each channel of {x.type}")
    factor = call.reshape(factor, (*x.type.shape[:2], *(1,) * (x.type.rank - 2)))
    return call.emit("add", call.emit("mul", factor, x), y)


def _reduction(call: Call) -> Value:
    x, told = call.bottom(0), call.param("reduction")
    first = axis_of(told.axis, x.type.rank)
    name = told.DESCRIPTOR.fields_by_name["operation"].enum_type.values_by_number[told.operation].name
    op = {"SUM": "reduce_sum", "ASUM": "reduce_l1", "SUMSQ": "reduce_sum_square", "MEAN": "reduce_mean"}[name]
    y = call.emit(op, x, axes=tuple(range(first, x.type.rank)), keepdims=False)
    return call.times(y, told.coeff)


def _arg_max(call: Call) -> Value:
    """Positions (or values, or both) of the greatest elements, as floats."""
    told, x = call.param("argmax"), call.bottom(0)
    if told.HasField("axis"):
        axis = axis_of(told.axis, x.type.rank)
        values, indices = call.emit_all("top_k", x, k=told.top_k, axis=axis)
        return values if told.out_max_val else call.emit("cast", indices, to=DType.F32)
    flat = call.reshape(x, (x.type.shape[0], 1, x.type.count // x.type.shape[0]))
    values, indices = call.emit_all("top_k", flat, k=told.top_k, axis=2)
    places = call.emit("cast", indices, to=DType.F32)
    return call.emit("concat", places, values, axis=1) if told.out_max_val else places


def _inner_product(call: Call) -> Value:
    x, told = call.bottom(0), call.param("inner_product")
    axis = axis_of(told.axis, x.type.rank)
    width = 1
    for extent in x.type.shape[axis:]:
        width *= call.known(extent, "input's size")
    shape = (width, told.num_output) if told.transpose else (told.num_output, width)
    w = call.weights(0, shape, "weights")
    bias = call.constant(call.weights(1, (told.num_output,), "bias")) if told.bias_term else None
    flat = call.reshape(x, (*x.type.shape[:axis], width))
    w = w if told.transpose else np.ascontiguousarray(w.T)
    return call.emit("fully_connected", flat, call.constant(w), bias)


def _softmax(call: Call) -> Value:
    x = call.bottom(0)
    return call.emit("softmax", x, axis=axis_of(call.param("softmax").axis, x.type.rank))


_SAME = {
    "AbsVal": "abs", "BNLL": "softplus", "Dropout": "identity", "Mish": "mish", "ReLU6": "relu6",
    "Sigmoid": "sigmoid", "TanH": "tanh",
}  # fmt: skip

RULES = {
    **{caffe: functools.partial(_unary, ours) for caffe, ours in _SAME.items()},
    "ArgMax": _arg_max, "Axpy": _axpy, "Bias": _bias, "Clip": _clip, "ELU": _elu, "Eltwise": _eltwise,
    "Exp": _exp, "InnerProduct": _inner_product, "Log": _log, "PReLU": _prelu, "Power": _power,
    "ReLU": _relu, "Reduction": _reduction, "Scale": _scale, "Softmax": _softmax, "Swish": _swish,
    "Threshold": _threshold,
}  # fmt: skip
