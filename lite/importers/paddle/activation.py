# SPDX-License-Identifier: Apache-2.0
"""Paddle's functions of one tensor that are no mere renames."""

from __future__ import annotations

import functools

import numpy as np

from lite.errors import ModelFormatError
from lite.importers._building import axis_of
from lite.importers.paddle.call import Call
from lite.ir import Value


def _unary(name: str, call: Call) -> Value:
    return call.add(name, call.input("X"))


def _relu6(call: Call) -> Value:
    threshold = call.number("threshold", 6.0)  # Paddle >= 2.5 leaves it out
    x = call.input("X")
    return call.add("relu6", x) if threshold == 6 else call.add("clip", x, lo=0.0, hi=threshold)


def _bounded(call: Call) -> Value:
    return call.add("clip", call.input("X"), lo=call.number("t_min", 0.0), hi=call.number("t_max", 24.0))


def _relu_clipped(call: Call) -> Value:
    return call.add("clip", call.input("X"), lo=0.0, hi=call.number("Relu_clipped_coef", 6.0))


def _clip(call: Call) -> Value:
    x = call.input("X")
    bounds = [_bound(call, slot, name) for slot, name in (("Min", "min"), ("Max", "max"))]
    if all(isinstance(bound, float) for bound in bounds):
        return call.add("clip", x, lo=bounds[0], hi=bounds[1])
    low, high = (call.constant(bound, x) if isinstance(bound, float) else bound for bound in bounds)
    return call.add("min", call.add("max", x, low), high)


def _bound(call: Call, slot: str, name: str) -> float | Value:
    """A bound of clip: a number, or a tensor that is known only when running."""
    value = call.optional(slot)
    if value is None:
        return call.number(name)
    array = call.array_of(value)
    if array is not None and array.size == 1:
        return float(array.reshape(()))
    return call.cast(value, call.input("X").type.dtype)


def _leaky_relu(call: Call) -> Value:
    return call.add("leaky_relu", call.input("X"), alpha=call.number("alpha", 0.02))


def _elu(call: Call) -> Value:
    return call.add("elu", call.input("X"), alpha=call.number("alpha", 1.0))


def _selu(call: Call) -> Value:
    return call.add(
        "selu",
        call.input("X"),
        alpha=call.number("alpha", 1.6732632423543772),
        gamma=call.number("scale", 1.0507009873554805),
    )


def _prelu(call: Call) -> Value:
    x, slope, mode = call.input("X"), call.input("Alpha"), call.text("mode", "all")
    count = slope.type.count
    if mode == "all":
        shape: tuple[object, ...] = (1,) * x.type.rank
    elif mode == "channel":
        last = call.is_channels_last()
        shape = tuple(count if axis == (x.type.rank - 1 if last else 1) else 1 for axis in range(x.type.rank))
    elif mode == "element":
        shape = (1, *x.type.shape[1:])
    else:
        raise ModelFormatError(f"prelu mode is {mode!r}, expected all, channel or element")
    return call.add("prelu", x, call.reshape(slope, shape))  # type: ignore[arg-type]


def _gelu(call: Call) -> Value:
    approximate = "tanh" if call.flag("approximate", False) else "none"
    return call.add("gelu", call.input("X"), approximate=approximate)


def _hard_sigmoid(call: Call) -> Value:
    return call.add(
        "hard_sigmoid", call.input("X"), alpha=call.number("slope", 0.2), beta=call.number("offset", 0.5)
    )


def _hard_swish(call: Call) -> Value:
    threshold, scale, offset = (
        call.number("threshold", 6.0),
        call.number("scale", 6.0),
        call.number("offset", 3.0),
    )
    x = call.input("X")
    if (threshold, scale, offset) == (6, 6, 3):
        return call.add("hard_swish", x)
    gate = call.add("clip", call.plus(x, offset), lo=0.0, hi=threshold)
    return call.times(call.add("mul", x, gate), 1 / scale)


def _swish(call: Call) -> Value:
    return call.add("swish", call.input("X"), beta=call.number("beta", 1.0))


def _silu(call: Call) -> Value:
    return call.add("swish", call.input("X"), beta=1.0)


def _softplus(call: Call) -> Value:
    beta = call.number("beta", 1.0)
    return call.times(call.add("softplus", call.times(call.input("X"), beta)), 1 / beta)


def _soft_relu(call: Call) -> Value:
    threshold = call.number("threshold", 40.0)
    return call.add("softplus", call.add("clip", call.input("X"), lo=-threshold, hi=threshold))


def _log_sigmoid(call: Call) -> Value:
    return call.add("neg", call.add("softplus", call.add("neg", call.input("X"))))


def _thresholded_relu(call: Call) -> Value:
    return call.add("thresholded_relu", call.input("X"), alpha=call.number("threshold", 1.0))


def _stanh(call: Call) -> Value:
    inner = call.times(call.input("X"), call.number("scale_a", 0.67))
    return call.times(call.add("tanh", inner), call.number("scale_b", 1.7159))


def _tanh_shrink(call: Call) -> Value:
    x = call.input("X")
    return call.add("sub", x, call.add("tanh", x))


def _pow(call: Call) -> Value:
    x = call.input("X")
    factor = call.optional("FactorTensor")
    power = (
        call.constant(call.number("factor", 1.0), x) if factor is None else call.cast(factor, x.type.dtype)
    )
    return call.add("pow", x, power)


def _round(call: Call) -> Value:
    """Half away from zero, as C's round, before Paddle 3; half to even since then."""
    x, factor = call.input("X"), 10.0 ** call.integer("decimals", 0)
    scaled = call.times(x, factor)
    if call.program.version >= _ROUNDS_TO_EVEN:
        rounded = call.add("round", scaled)
    else:
        rounded = call.add(
            "mul", call.add("sign", x), call.add("floor", call.plus(call.add("abs", scaled), 0.5))
        )
    return call.times(rounded, 1 / factor)


_ROUNDS_TO_EVEN = 3_000_000


def _log_of_base(base: float, call: Call) -> Value:
    return call.times(call.add("log", call.input("X")), float(1 / np.log(base)))


def _log1p(call: Call) -> Value:
    return call.add("log", call.plus(call.input("X"), 1.0))


def _softmax(name: str, call: Call) -> Value:
    x = call.input("X")
    return call.add(name, x, axis=axis_of(call.integer("axis", -1), max(x.type.rank, 1)))


_SAME_NAME = (
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "erf", "exp", "floor",
    "log", "mish", "reciprocal", "relu", "rsqrt", "sigmoid", "sign", "sin", "sinh", "softsign", "sqrt",
    "square", "tan", "tanh",
)  # fmt: skip

RULES = {
    **{name: functools.partial(_unary, name) for name in _SAME_NAME},
    "brelu": _bounded, "clip": _clip, "elu": _elu, "gelu": _gelu, "hard_sigmoid": _hard_sigmoid,
    "hard_swish": _hard_swish, "isinf_v2": functools.partial(_unary, "is_inf"),
    "isnan_v2": functools.partial(_unary, "is_nan"), "leaky_relu": _leaky_relu,
    "log10": functools.partial(_log_of_base, 10.0), "log1p": _log1p,
    "log2": functools.partial(_log_of_base, 2.0),
    "log_softmax": functools.partial(_softmax, "log_softmax"), "logsigmoid": _log_sigmoid,
    "negative": functools.partial(_unary, "neg"), "pow": _pow, "prelu": _prelu, "relu6": _relu6,
    "relu_clipped": _relu_clipped, "round": _round, "selu": _selu, "silu": _silu, "soft_relu": _soft_relu,
    "softmax": functools.partial(_softmax, "softmax"), "softplus": _softplus, "stanh": _stanh,
    "swish": _swish, "tanh_shrink": _tanh_shrink, "thresholded_relu": _thresholded_relu,
}  # fmt: skip
