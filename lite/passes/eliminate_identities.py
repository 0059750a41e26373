# SPDX-License-Identifier: Apache-2.0
"""Nodes that give back what they get go; two moves in a row become one."""

from __future__ import annotations

import numpy as np

from lite.ir import Builder, Node, Value
from lite.passes.rule import Rule, RulePass

SAME_IF_SAME_TYPE = frozenset({"identity", "reshape", "cast", "expand", "tile", "concat", "split"})
NEUTRAL = {"add": 0.0, "sub": 0.0, "mul": 1.0, "div": 1.0, "pow": 1.0}
COMMUTATIVE = frozenset({"add", "mul"})


class NoOp(Rule[Value]):
    """A node whose output is its first input, whatever that holds."""

    name = "no_op"
    roots = (*sorted(SAME_IF_SAME_TYPE), "slice", "pad", "transpose", "clip")

    def pattern(self, root: Node) -> Value | None:
        x = root.input(0)
        if x is None or len(root.outputs) != 1 or len(root.inputs) != 1 or x.type != root.output.type:
            return None
        return x if root.op.name in SAME_IF_SAME_TYPE or _moves_nothing(root) else None

    def rewrite(self, match: Value, build: Builder) -> Value:
        return match


def _moves_nothing(node: Node) -> bool:
    attributes = node.op.attributes()
    if node.op.name == "transpose":
        return bool(attributes["perm"] == tuple(range(len(attributes["perm"]))))
    if node.op.name == "slice":
        return all(step == 1 for step in attributes["steps"])
    if node.op.name == "pad":
        return all(extent == 0 for extent in (*attributes["before"], *attributes["after"]))
    return node.op.name == "clip" and bool(attributes["lo"] == -np.inf and attributes["hi"] == np.inf)


class NeutralOperand(Rule[Value]):
    """x + 0, x - 0, x * 1, x / 1 and x ** 1."""

    name = "neutral_operand"
    roots = tuple(NEUTRAL)

    def pattern(self, root: Node) -> Value | None:
        a, b = root.inputs
        if a is None or b is None:
            return None
        neutral = NEUTRAL[root.op.name]
        if a.type == root.output.type and _is_filled(b, neutral):
            return a
        if root.op.name in COMMUTATIVE and b.type == root.output.type and _is_filled(a, neutral):
            return b
        return None

    def rewrite(self, match: Value, build: Builder) -> Value:
        return match


def _is_filled(value: Value, number: float) -> bool:
    return value.array is not None and bool(np.all(value.array == number))


class EliminateIdentities(RulePass):
    """Removes what moves and changes nothing."""

    name = "eliminate_identities"
    rules = (NoOp(), NeutralOperand())
