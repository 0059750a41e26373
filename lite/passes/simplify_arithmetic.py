# SPDX-License-Identifier: Apache-2.0
"""Arithmetic with constants, in its shortest form."""

from __future__ import annotations

import numpy as np

from lite.ir import Builder, Graph, Node, Value
from lite.ops.add import Add
from lite.ops.mul import Mul
from lite.ops.sqrt import Sqrt
from lite.passes.pattern import maker, other_readers, uniform
from lite.passes.rule import Rule, RulePass

NEUTRAL = {"add": 0.0, "sub": 0.0, "mul": 1.0, "div": 1.0, "pow": 1.0}
COMMUTATIVE = frozenset({"add", "mul"})


class NeutralOperand(Rule[Value]):
    """x + 0, x - 0, x * 1, x / 1 and x ** 1."""

    name = "neutral_operand"
    roots = tuple(NEUTRAL)

    def pattern(self, root: Node) -> Value | None:
        a, b = root.inputs
        neutral = NEUTRAL[root.op.name]
        if a is not None and a.type == root.output.type and uniform(b) == neutral:
            return a
        swaps = root.op.name in COMMUTATIVE and b is not None and b.type == root.output.type
        return b if swaps and uniform(a) == neutral else None

    def rewrite(self, match: Value, build: Builder) -> Value:
        return match


class SimplePower(Rule[Node]):
    """x ** 2 and x ** 0.5."""

    name = "simple_power"
    roots = ("pow",)

    def pattern(self, root: Node) -> Node | None:
        x, exponent = root.inputs
        if x is None or x.type != root.output.type or not x.type.dtype.is_float:
            return None
        return root if uniform(exponent) in (2.0, 0.5) else None

    def rewrite(self, match: Node, build: Builder) -> Value:
        x, exponent = match.inputs
        return build.add(Mul(), x, x) if uniform(exponent) == 2.0 else build.add(Sqrt(), x)


class ConstantChain(Rule[tuple[Node, Node, Value, Value, Value]]):
    """(x + a) + b and (x * a) * b with constants a and b: one constant does."""

    name = "constant_chain"
    roots = ("add", "mul")

    def pattern(self, root: Node) -> tuple[Node, Node, Value, Value, Value] | None:
        outer = _split_constant(root)
        inner = outer[0].producer if outer is not None else None
        if outer is None or inner is None or inner.op.name != root.op.name:
            return None
        first = _split_constant(inner)
        return (root, inner, first[0], first[1], outer[1]) if first is not None else None

    def check(self, match: tuple[Node, Node, Value, Value, Value], graph: Graph) -> str | None:
        root, inner, x, a, b = match
        if not x.type.dtype.is_float:
            return "integers may overflow on the way"
        if np.broadcast_shapes(_array(a).shape, _array(b).shape) not in (_array(a).shape, _array(b).shape):
            return "the two constants would become a greater one"
        return other_readers(inner.output, root, graph)

    def rewrite(self, match: tuple[Node, Node, Value, Value, Value], build: Builder) -> Value:
        root, _, x, a, b = match
        wide = _array(a).astype(np.float64), _array(b).astype(np.float64)
        with np.errstate(all="ignore"):
            result = wide[0] + wide[1] if root.op.name == "add" else wide[0] * wide[1]
        return build.add(root.op, x, build.constant(result, _array(a).dtype))


class SumWithProduct(Rule[tuple[Node, Node, Value, Value]]):
    """x + x * s -> x * (s + 1), where s is smaller than x: one walk through x, not two."""

    name = "sum_with_product"
    roots = ("add",)

    def pattern(self, root: Node) -> tuple[Node, Node, Value, Value] | None:
        for x, product in (root.inputs, root.inputs[::-1]):
            node = maker(product, "mul")
            if node is None or x is None or x.type != root.output.type or x not in node.inputs:
                continue
            s = node.inputs[1] if node.inputs[0] is x else node.inputs[0]
            if s is not None and x.type.dtype.is_float and _is_smaller(s, x):
                return root, node, x, s
        return None

    def check(self, match: tuple[Node, Node, Value, Value], graph: Graph) -> str | None:
        root, product, _, _ = match
        return other_readers(product.output, root, graph)

    def rewrite(self, match: tuple[Node, Node, Value, Value], build: Builder) -> Value:
        _, _, x, s = match
        return build.add(Mul(), x, build.add(Add(), s, build.constant(1.0, s.type.dtype.numpy)))


def _is_smaller(s: Value, x: Value) -> bool:
    """Whether an axis of x that is not 1 is 1, or missing, in s."""
    missing = x.type.rank - s.type.rank
    own = (1,) * missing + tuple(s.type.shape)
    return missing >= 0 and any(a == 1 and b != 1 for a, b in zip(own, x.type.shape))


def _split_constant(node: Node) -> tuple[Value, Value] | None:
    a, b = node.inputs
    if a is None or b is None or a.is_constant == b.is_constant:
        return None
    return (b, a) if a.is_constant else (a, b)


def _array(value: Value) -> np.ndarray:
    assert value.array is not None
    return value.array


class SimplifyArithmetic(RulePass):
    """Drops neutral operands, joins constants and factors, and turns powers into products and roots."""

    name = "simplify_arithmetic"
    rules = (NeutralOperand(), SimplePower(), ConstantChain(), SumWithProduct())
