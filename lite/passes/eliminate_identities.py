# SPDX-License-Identifier: Apache-2.0
"""Nodes that give back what they get go; two moves in a row become one."""

from __future__ import annotations

import numpy as np

from lite.ir import Builder, Graph, Node, Value
from lite.ops.clip import Clip
from lite.ops.pad import Pad
from lite.ops.pool2d import Pool2d
from lite.ops.reshape import Reshape
from lite.ops.resize import Resize
from lite.ops.slice import Slice
from lite.ops.transpose import Transpose
from lite.passes.pattern import bounds, is_unpadded, maker
from lite.passes.rule import Rule, RulePass

SAME_IF_SAME_TYPE = frozenset({"adaptive_pool2d", "cast", "concat", "expand", "identity", "reshape", "split",
                               "tile"})  # fmt: skip
EXACT_COORDINATES = frozenset({"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"})
BROADCASTING = frozenset({"add", "sub", "mul", "div", "pow", "min", "max", "mod", "equal", "not_equal",
                          "less", "less_equal", "greater", "greater_equal", "logical_and", "logical_or",
                          "logical_xor", "where"})  # fmt: skip


class NoOp(Rule[Value]):
    """A node whose output is its first input, whatever that holds."""

    name = "no_op"
    roots = (*sorted(SAME_IF_SAME_TYPE), "clip", "pad", "pool2d", "resize", "slice", "transpose")

    def pattern(self, root: Node) -> Value | None:
        x = root.input(0)
        if x is None or len(root.outputs) != 1 or len(root.inputs) != 1 or x.type != root.output.type:
            return None
        return x if root.op.name in SAME_IF_SAME_TYPE or _moves_nothing(root) else None

    def rewrite(self, match: Value, build: Builder) -> Value:
        return match


def _moves_nothing(node: Node) -> bool:
    op = node.op
    if isinstance(op, Transpose):
        return op.perm == tuple(range(len(op.perm)))
    if isinstance(op, Slice):
        return all(start == 0 for start in op.starts) and all(step == 1 for step in op.steps)
    if isinstance(op, Pad):
        return all(extent == 0 for extent in (*op.before, *op.after))
    if isinstance(op, Pool2d):
        return op.kernel == (1, 1) and op.strides == (1, 1) and is_unpadded(op)
    if isinstance(op, Resize):
        return op.coordinates in EXACT_COORDINATES and all(scale in (0.0, 1.0) for scale in op.scales)
    return isinstance(op, Clip) and _is_clamped(node)


def _is_clamped(node: Node) -> bool:
    low, high = bounds(node.input(0))
    return isinstance(node.op, Clip) and node.op.lo <= low and high <= node.op.hi


class ClampedAlready(Rule[Value]):
    """relu and relu6 of what is in their range already."""

    name = "clamped_already"
    roots = ("relu", "relu6")

    def pattern(self, root: Node) -> Value | None:
        low, high = bounds(root.input(0))
        greatest = 6.0 if root.op.name == "relu6" else np.inf
        return root.input(0) if low >= 0 and high <= greatest else None

    def rewrite(self, match: Value, build: Builder) -> Value:
        return match


class SecondMove(Rule[tuple[Node, Node]]):
    """A reshape of a reshape, a transpose of a transpose: one does."""

    name = "second_move"
    roots = ("reshape", "transpose")

    def pattern(self, root: Node) -> tuple[Node, Node] | None:
        first = maker(root.input(0), root.op.name)
        return (first, root) if first is not None else None

    def rewrite(self, match: tuple[Node, Node], build: Builder) -> Value:
        first, second = match
        if isinstance(first.op, Transpose) and isinstance(second.op, Transpose):
            perm = tuple(first.op.perm[axis] for axis in second.op.perm)
            return build.add(Transpose(perm), first.inputs[0])
        return build.add(Reshape(second.output.type.shape), first.inputs[0])


class UnitMove(Rule[Node]):
    """A transpose that moves extents of 1 only, or a reduction over them: the elements stay in order."""

    name = "unit_move"
    roots = ("transpose", "reduce_mean", "reduce_max", "reduce_min", "reduce_sum", "reduce_prod")

    def pattern(self, root: Node) -> Node | None:
        x = root.input(0)
        if x is None:
            return None
        if isinstance(root.op, Transpose):
            moved = [axis for axis in root.op.perm if x.type.shape[axis] != 1]
            return root if moved == sorted(moved) else None
        return root if all(x.type.shape[axis] == 1 for axis in root.op.attributes()["axes"]) else None

    def rewrite(self, match: Node, build: Builder) -> Value:
        return build.add(Reshape(match.output.type.shape), match.inputs[0])


class CastBack(Rule[Value]):
    """A cast to a type that holds every value of the first, and back."""

    name = "cast_back"
    roots = ("cast",)

    def pattern(self, root: Node) -> Value | None:
        first = maker(root.input(0), "cast")
        source = first.input(0) if first is not None else None
        if first is None or source is None or source.type != root.output.type:
            return None
        between = first.output.type.dtype
        return source if np.can_cast(source.type.dtype.numpy, between.numpy, "safe") else None

    def rewrite(self, match: Value, build: Builder) -> Value:
        return match


class ExpandedOperand(Rule[Node]):
    """An operand is spread out although broadcasting does that by itself."""

    name = "expanded_operand"
    roots = tuple(sorted(BROADCASTING))

    def pattern(self, root: Node) -> Node | None:
        types = tuple(None if value is None else value.type for value in _unexpanded(root))
        changed = any(new is not old for new, old in zip(_unexpanded(root), root.inputs))
        return root if changed and root.op.infer_all(types) == (root.output.type,) else None

    def rewrite(self, match: Node, build: Builder) -> Value:
        return build.add(match.op, *_unexpanded(match))


def _unexpanded(node: Node) -> list[Value | None]:
    expands = [maker(value, "expand") for value in node.inputs]
    return [value if expand is None else expand.inputs[0] for value, expand in zip(node.inputs, expands)]


class EliminateIdentities(RulePass):
    """Removes what moves and changes nothing."""

    name = "eliminate_identities"
    rules = (NoOp(), ClampedAlready(), SecondMove(), UnitMove(), CastBack(), ExpandedOperand())

    def after(self, graph: Graph) -> list[str]:
        return [f"{node.name} is an identity still" for node in graph.nodes
                if node.op.name == "identity" and not graph.is_output(node.output)]
