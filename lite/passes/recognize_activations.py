# SPDX-License-Identifier: Apache-2.0
"""Activations that a model spells out in arithmetic are recognised."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Union

import numpy as np

from lite.ir import Builder, Node, Op, Value
from lite.ops.clip import Clip
from lite.ops.gelu import Gelu
from lite.ops.hard_sigmoid import HardSigmoid
from lite.ops.hard_swish import HardSwish
from lite.ops.leaky_relu import LeakyRelu
from lite.ops.mish import Mish
from lite.ops.relu import Relu
from lite.ops.relu6 import Relu6
from lite.ops.sigmoid import Sigmoid
from lite.ops.swish import Swish
from lite.passes.pattern import is_near, maker, split_uniform, uniform
from lite.passes.rule import Rule, RulePass

Found = tuple[Union[Op, None], Value]  # what the value becomes: op(x), or x itself
MOST_FACTORS = 3
DEEPEST = 4


def spellings(value: Value, depth: int = DEEPEST) -> Iterator[tuple[tuple[Value, ...], float]]:
    """Ways to see a value as a product of other values and one number, the value itself first."""
    yield (value,), 1.0
    node = maker(value, "mul", "div")
    if node is None or depth == 0:
        return
    a, b = node.inputs
    divisor = uniform(b)
    if a is None or b is None or (node.op.name == "div" and (divisor is None or divisor == 0)):
        return
    for left, left_number in _operand_spellings(a, depth - 1):
        if node.op.name == "div":
            yield left, left_number / (divisor or 1.0)
            continue
        for right, right_number in _operand_spellings(b, depth - 1):
            if len(left) + len(right) <= MOST_FACTORS:
                yield left + right, left_number * right_number


def _operand_spellings(value: Value, depth: int) -> Iterator[tuple[tuple[Value, ...], float]]:
    number = uniform(value)
    if number is not None:
        yield (), number
    else:
        yield from spellings(value, depth)


def _is_scaled(value: Value, x: Value, factor: float) -> bool:
    """Whether value = x * factor."""
    return any(factors == (x,) and is_near(number, factor, 1e-4) for factors, number in spellings(value))


def _sum_with(value: Value | None, number: float) -> Value | None:
    """x of x + number."""
    node = maker(value, "add")
    parts = split_uniform(node) if node is not None else None
    return parts[0] if parts is not None and is_near(parts[1], number) else None


class SpelledRule(Rule[Found]):
    """Replaces the root by one op on one value."""

    def rewrite(self, match: Found, build: Builder) -> Value:
        op, x = match
        return build.add(op, x) if op is not None else x


class Gate(SpelledRule):
    """x * gate(x): swish, hard_swish, gelu and mish."""

    name = "recognize_gate"
    roots = ("mul", "div")

    def pattern(self, root: Node) -> Found | None:
        if not root.output.type.dtype.is_float:
            return None
        for factors, number in spellings(root.output):
            if len(factors) != 2:
                continue
            for x, gate in (factors, factors[::-1]):
                op = _gated(x, gate, number)
                if op is not None and x.type == root.output.type:
                    return op, x
        return None


def _gated(x: Value, gate: Value, number: float) -> Op | None:
    """The op that number * x * gate is."""
    node = gate.producer
    if node is None:
        return None
    inner = node.input(0)
    if node.op.name == "sigmoid" and inner is not None and is_near(number, 1):
        scales = [scale for factors, scale in spellings(inner) if factors == (x,)]
        return Swish(beta=scales[0]) if scales else None
    if isinstance(node.op, HardSigmoid) and inner is x and is_near(number, 1):
        exact = is_near(node.op.alpha, 1 / 6, 1e-4) and is_near(node.op.beta, 0.5)
        return HardSwish() if exact else None
    if node.op.name == "relu6" and is_near(number, 1 / 6, 1e-4) and _sum_with(inner, 3) is x:
        return HardSwish()
    if node.op.name == "add" and is_near(number, 0.5):
        return _gelu(x, _sum_with(gate, 1))
    if node.op.name == "tanh" and is_near(number, 1):
        softplus = maker(inner, "softplus")
        return Mish() if softplus is not None and softplus.input(0) is x else None
    return None


def _gelu(x: Value, bend: Value | None) -> Op | None:
    """gelu = x * 0.5 * (1 + bend)."""
    node = maker(bend, "erf", "tanh")
    inner = node.input(0) if node is not None else None
    if node is None or inner is None:
        return None
    if node.op.name == "erf":
        return Gelu() if _is_scaled(inner, x, math.sqrt(0.5)) else None
    return Gelu(approximate="tanh") if _is_tanh_argument(inner, x) else None


def _is_tanh_argument(value: Value, x: Value) -> bool:
    """Whether value = sqrt(2 / pi) * (x + 0.044715 * x ** 3), in its two spellings."""
    for factors, number in spellings(value):
        if not is_near(number, math.sqrt(2 / math.pi), 1e-4):
            continue
        if len(factors) == 1 and _is_cubic(factors[0], x):
            return True
        rest = [factor for factor in factors if factor is not x]
        if len(factors) == 2 and len(rest) == 1:
            square = _sum_with(rest[0], 1)
            if square is not None and _is_power(square, x, 2, 0.044715):
                return True
    return False


def _is_cubic(value: Value, x: Value) -> bool:
    node = maker(value, "add")
    if node is None or x not in node.inputs:
        return False
    others = [operand for operand in node.inputs if operand is not x]
    return len(others) == 1 and others[0] is not None and _is_power(others[0], x, 3, 0.044715)


def _is_power(value: Value, x: Value, exponent: int, factor: float) -> bool:
    """Whether value = factor * x ** exponent."""
    return any(is_near(number, factor, 1e-4) and sum(_exponent(part, x) for part in factors) == exponent
               for factors, number in spellings(value))


def _exponent(value: Value, x: Value) -> float:
    if value is x:
        return 1
    power = maker(value, "pow")
    found = uniform(power.input(1)) if power is not None and power.input(0) is x else None
    return found if found is not None else math.nan


class SigmoidPieces(SpelledRule):
    """1 / (1 + exp(-x)) is sigmoid(x); x / (1 + exp(-x)) is swish(x)."""

    name = "recognize_sigmoid"
    roots = ("div",)

    def pattern(self, root: Node) -> Found | None:
        exp = maker(_sum_with(root.input(1), 1), "exp")
        negated = maker(exp.input(0), "neg", "mul") if exp is not None else None
        if negated is None:
            return None
        parts = split_uniform(negated) if negated.op.name == "mul" else (negated.inputs[0], -1.0)
        x = parts[0] if parts is not None and parts[1] == -1 else None
        if x is None or x.type != root.output.type:
            return None
        if uniform(root.input(0)) == 1:
            return Sigmoid(), x
        return (Swish(), x) if root.input(0) is x else None


class HardSigmoidPieces(SpelledRule):
    """relu6(x + 3) / 6, and alpha * x + beta clipped to [0, 1], are hard_sigmoid."""

    name = "recognize_hard_sigmoid"
    roots = ("mul", "div", "clip")

    def pattern(self, root: Node) -> Found | None:
        if isinstance(root.op, Clip):
            return _clipped_line(root) if (root.op.lo, root.op.hi) == (0.0, 1.0) else None
        for factors, number in spellings(root.output):
            if len(factors) != 1 or not is_near(number, 1 / 6, 1e-4):
                continue
            clamped = maker(factors[0], "relu6")
            x = _sum_with(clamped.input(0), 3) if clamped is not None else None
            if x is not None and x.type == root.output.type:
                return HardSigmoid(alpha=1 / 6, beta=0.5), x
        return None


def _clipped_line(root: Node) -> Found | None:
    line = maker(root.input(0), "add")
    parts = split_uniform(line) if line is not None else None
    if parts is None or parts[0].type != root.output.type or not parts[0].type.dtype.is_float:
        return None
    scaled = [(factors[0], number) for factors, number in spellings(parts[0]) if len(factors) == 1]
    x, alpha = scaled[-1]
    return (HardSigmoid(alpha=alpha, beta=parts[1]), x) if x.type == root.output.type else None


class ClampPieces(SpelledRule):
    """max and min with a number are clips; a clip of a clip is one; some have a name."""

    name = "recognize_clip"
    roots = ("max", "min", "clip", "relu", "relu6")

    def pattern(self, root: Node) -> Found | None:
        outer = _clamp(root)
        if outer is None or not root.output.type.dtype.is_float:
            return None
        x, low, high = outer
        inner = _clamp(x.producer) if x.producer is not None else None
        if inner is not None:
            x, low, high = inner[0], _clamped(inner[1], low, high), _clamped(inner[2], low, high)
        if x.type != root.output.type:
            return None
        op = _named_clip(low, high)
        return (op, x) if op != root.op or inner is not None else None


def _clamp(node: Node) -> tuple[Value, float, float] | None:
    """(x, lowest, greatest) of a node that clamps x."""
    x = node.input(0)
    if isinstance(node.op, Clip) and x is not None:
        return x, node.op.lo, node.op.hi
    if node.op.name in ("relu", "relu6") and x is not None:
        return x, 0.0, 6.0 if node.op.name == "relu6" else math.inf
    parts = split_uniform(node) if node.op.name in ("max", "min") else None
    if parts is None or math.isnan(parts[1]):
        return None
    return (parts[0], parts[1], math.inf) if node.op.name == "max" else (parts[0], -math.inf, parts[1])


def _clamped(number: float, low: float, high: float) -> float:
    return min(max(number, low), high)


def _named_clip(low: float, high: float) -> Op:
    if low == 0 and high in (6.0, math.inf):
        return Relu6() if high == 6.0 else Relu()
    return Clip(lo=low, hi=high)


class LeakyPieces(SpelledRule):
    """prelu with one slope, and the greater of x and alpha * x, are leaky_relu."""

    name = "recognize_leaky_relu"
    roots = ("prelu", "max")

    def pattern(self, root: Node) -> Found | None:
        a, b = root.inputs
        if a is None or b is None or not a.type.dtype.is_float:
            return None
        if root.op.name == "prelu":
            slope = uniform(b)
            return (LeakyRelu(alpha=slope), a) if slope is not None and np.isfinite(slope) else None
        for x, scaled in ((a, b), (b, a)):
            slopes = [number for factors, number in spellings(scaled) if factors == (x,) and number < 1]
            if slopes and slopes[0] >= 0 and x.type == root.output.type:
                return LeakyRelu(alpha=slopes[0]), x
        return None


class RecognizeActivations(RulePass):
    """Finds swish, hard_swish, gelu, mish, sigmoid, hard_sigmoid, leaky_relu and clips in their pieces."""

    name = "recognize_activations"
    rules = (ClampPieces(), LeakyPieces(), SigmoidPieces(), HardSigmoidPieces(), Gate())
