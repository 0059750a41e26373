# SPDX-License-Identifier: Apache-2.0
"""Functions of each element, of one tensor or of several."""

from __future__ import annotations

from collections.abc import Callable

from lite.importers.tensorflow.call import Call
from lite.ir import Dim, Value

Rule = Callable[[Call], Value]


def _unary(op: str) -> Rule:
    return lambda call: call.emit(op, call.need(0))


def _binary(op: str) -> Rule:
    return lambda call: call.emit(op, call.need(0), call.need(1))


def leaky_relu(call: Call) -> Value:
    return call.emit("leaky_relu", call.need(0), alpha=call.float("alpha", 0.2))


def log1p(call: Call) -> Value:
    x = call.need(0)
    return call.emit("log", call.emit("add", x, call.like(1, x)))


def expm1(call: Call) -> Value:
    x = call.need(0)
    return call.emit("sub", call.emit("exp", x), call.like(1, x))


def erfc(call: Call) -> Value:
    """1 - erf(x); of what was negated 1 + erf, as gelu is written elsewhere."""
    x = call.need(0)
    positive = _without_sign(call, x)
    if positive is not None:
        return call.emit("add", call.emit("erf", positive), call.like(1, x))
    return call.emit("sub", call.like(1, x), call.emit("erf", x))


def _without_sign(call: Call, x: Value) -> Value | None:
    """y, where x is -y or a constant times -z; else None."""
    node = x.producer
    if node is not None and node.op.name == "neg":
        return node.inputs[0]
    for negated, factor in zip(node.inputs, reversed(node.inputs)) if node is not None else ():
        found = negated.producer if negated is not None and node is not None else None
        if node is not None and node.op.name == "mul" and found is not None and found.op.name == "neg":
            return call.emit("mul", found.inputs[0], factor)
    return None


def is_finite(call: Call) -> Value:
    x = call.need(0)
    none = call.emit("logical_or", call.emit("is_nan", x), call.emit("is_inf", x))
    return call.emit("logical_not", none)


def cast(call: Call) -> Value:
    return call.cast(call.need(0), call.dtype("DstT"))


def add_n(call: Call) -> Value:
    total = call.need(0)
    for position in range(1, len(call.inputs)):
        total = call.emit("add", total, call.need(position))
    return total


def bias_add(call: Call) -> Value:
    x, bias = call.need(0), call.need(1)
    if call.layout == "nchw" and x.type.rank > 1:
        bias = call.reshape(bias, (bias.type.count, *(1,) * (x.type.rank - 2)))
    return call.emit("add", x, bias)


def truncate_mod(call: Call) -> Value:
    return call.emit("mod", call.need(0), call.need(1), fmod=True)


def squared_difference(call: Call) -> Value:
    difference = call.emit("sub", call.need(0), call.need(1))
    return call.emit("mul", difference, difference)


def floor_div(call: Call) -> Value:
    x, y = call.need(0), call.need(1)
    if x.type.dtype.is_float:
        return call.emit("floor", call.emit("div", x, y))
    if _counts(call, x) and _counts(call, y):
        return call.emit("div", x, y)
    return call.emit("div", call.emit("sub", x, call.emit("mod", x, y)), y)


def _counts(call: Call, value: Value) -> bool:
    """Whether all elements are known as extents or numbers >= 0, which are rounded in one direction only."""
    elements = call.emitter.contents.of(value)
    return elements is not None and all(isinstance(item, Dim) or item >= 0 for item in elements.reshape(-1))


def div_no_nan(call: Call) -> Value:
    """0 where the divisor is 0."""
    x, y = call.need(0), call.need(1)
    nothing = call.emit("equal", y, call.like(0, y))
    quotient = call.emit("div", x, call.emit("where", nothing, call.like(1, y), y))
    return call.emit("where", nothing, call.like(0, quotient), quotient)


def select(call: Call) -> Value:
    """The older op's condition of one axis chooses rows."""
    condition, x, y = (call.need(position) for position in range(3))
    if call.op == "Select" and condition.type.rank == 1 and x.type.rank > 1:
        condition = call.reshape(condition, (condition.type.count, *(1,) * (x.type.rank - 1)))
    return call.emit("where", condition, x, y)


def clip_by_value(call: Call) -> Value:
    return call.emit("min", call.emit("max", call.need(0), call.need(1)), call.need(2))


def round_(call: Call) -> Value:
    x = call.need(0)
    return call.emit("round", x) if x.type.dtype.is_float else x


_UNARY = {
    "Abs": "abs", "Acos": "acos", "Acosh": "acosh", "Asin": "asin", "Asinh": "asinh", "Atan": "atan",
    "Atanh": "atanh", "Ceil": "ceil", "Cos": "cos", "Cosh": "cosh", "Elu": "elu", "Erf": "erf", "Exp": "exp",
    "Floor": "floor", "Inv": "reciprocal", "IsInf": "is_inf", "IsNan": "is_nan", "Log": "log",
    "LogicalNot": "logical_not", "Neg": "neg", "Reciprocal": "reciprocal", "Relu": "relu", "Relu6": "relu6",
    "Rint": "round", "Rsqrt": "rsqrt", "Selu": "selu", "Sigmoid": "sigmoid", "Sign": "sign", "Sin": "sin",
    "Sinh": "sinh", "Softplus": "softplus", "Softsign": "softsign", "Sqrt": "sqrt", "Square": "square",
    "Tan": "tan", "Tanh": "tanh",
}  # fmt: skip
_BINARY = {
    "Add": "add", "AddV2": "add", "BiasAddV1": "add", "Div": "div", "Equal": "equal", "FloorMod": "mod",
    "Greater": "greater", "GreaterEqual": "greater_equal", "Less": "less", "LessEqual": "less_equal",
    "LogicalAnd": "logical_and", "LogicalOr": "logical_or", "Maximum": "max", "Minimum": "min", "Mul": "mul",
    "NotEqual": "not_equal", "Pow": "pow", "RealDiv": "div", "Sub": "sub", "TruncateDiv": "div",
}  # fmt: skip

RULES = {
    **{tensorflow: _unary(ours) for tensorflow, ours in _UNARY.items()},
    **{tensorflow: _binary(ours) for tensorflow, ours in _BINARY.items()},
    "AddN": add_n, "BiasAdd": bias_add, "Cast": cast, "ClipByValue": clip_by_value, "DivNoNan": div_no_nan,
    "Erfc": erfc, "Expm1": expm1, "FloorDiv": floor_div, "IsFinite": is_finite, "LeakyRelu": leaky_relu,
    "Log1p": log1p, "Round": round_, "Select": select, "SelectV2": select,
    "SquaredDifference": squared_difference, "TruncateMod": truncate_mod,
}  # fmt: skip
