# SPDX-License-Identifier: Apache-2.0
"""Pooling over everything is a reduction; adaptive pooling in even steps is a plain one."""

from __future__ import annotations

from typing import Union

from lite.ir import Builder, Graph, Node, Op, Value
from lite.ops.adaptive_pool2d import AdaptivePool2d
from lite.ops.pool2d import Pool2d
from lite.ops.reduce_max import ReduceMax
from lite.ops.reduce_mean import ReduceMean
from lite.ops.reshape import Reshape
from lite.passes.pattern import is_unpadded, maker, other_readers
from lite.passes.rule import Rule, RulePass

Pooling = Union[Pool2d, AdaptivePool2d]


def _sides(op: Pooling) -> tuple[int, int]:
    return (2, 3) if op.layout == "nchw" else (1, 2)


class WholePooling(Rule[Node]):
    """One window that covers height and width -> reduce_mean or reduce_max."""

    name = "pool_to_reduce"
    roots = ("pool2d", "adaptive_pool2d")

    def pattern(self, root: Node) -> Node | None:
        x = root.input(0)
        if x is None or not x.type.dtype.is_float:
            return None
        if isinstance(root.op, AdaptivePool2d):
            return root if root.op.output == (1, 1) else None
        assert isinstance(root.op, Pool2d)
        covers = root.op.kernel == tuple(x.type.shape[axis] for axis in _sides(root.op))
        return root if covers and is_unpadded(root.op) and root.op.dilations == (1, 1) else None

    def rewrite(self, match: Node, build: Builder) -> Value:
        assert isinstance(match.op, (Pool2d, AdaptivePool2d))
        reduction = ReduceMax if match.op.kind == "max" else ReduceMean
        return build.add(reduction(axes=_sides(match.op), keepdims=True), match.inputs[0])


class EvenAdaptivePooling(Rule[tuple[Node, Pool2d]]):
    """adaptive_pool2d whose output divides its input -> pool2d."""

    name = "adaptive_pool_to_pool"
    roots = ("adaptive_pool2d",)

    def pattern(self, root: Node) -> tuple[Node, Pool2d] | None:
        x, op = root.input(0), root.op
        if x is None or not isinstance(op, AdaptivePool2d):
            return None
        kernel = []
        for axis, count in zip(_sides(op), op.output):
            extent = x.type.shape[axis]
            if not isinstance(extent, int) or not isinstance(count, int) or count < 1 or extent % count:
                return None
            kernel.append(extent // count)
        return root, Pool2d(op.kind, tuple(kernel), strides=tuple(kernel), layout=op.layout)

    def rewrite(self, match: tuple[Node, Pool2d], build: Builder) -> Value:
        root, op = match
        return build.add(op, root.inputs[0])


class ReductionChain(Rule[tuple[Node, Op]]):
    """A mean of means along other axes (or a maximum of maxima, ...) -> one reduction."""

    name = "join_reductions"
    roots = ("reduce_mean", "reduce_max", "reduce_min", "reduce_sum")

    def pattern(self, root: Node) -> tuple[Node, Op] | None:
        first = maker(root.input(0), root.op.name)
        x = first.input(0) if first is not None else None
        if first is None or x is None or not x.type.dtype.is_float:
            return None
        before, after = first.op.attributes(), root.op.attributes()
        left = [axis for axis in range(x.type.rank) if before["keepdims"] or axis not in before["axes"]]
        axes = sorted({*before["axes"], *(left[axis] for axis in after["axes"])})
        return first, root.op.replace(axes=tuple(axes), keepdims=True)

    def rewrite(self, match: tuple[Node, Op], build: Builder) -> Value:
        first, op = match
        assert build.before is not None
        joined = build.add(op, first.inputs[0])
        wanted = build.before.output.type
        return joined if joined.type == wanted else build.add(Reshape(wanted.shape), joined)


class SqueezedReduction(Rule[tuple[Node, Op]]):
    """A reduction that keeps its axes, and a reshape that drops them -> one that drops them."""

    name = "squeeze_reduction"
    roots = ("reshape",)

    def pattern(self, root: Node) -> tuple[Node, Op] | None:
        reduction = maker(root.input(0), "reduce_mean", "reduce_max", "reduce_min", "reduce_sum")
        x = reduction.input(0) if reduction is not None else None
        if reduction is None or x is None or not reduction.op.attributes()["keepdims"]:
            return None
        squeezed = reduction.op.replace(keepdims=False)
        return (reduction, squeezed) if squeezed.infer_all((x.type,)) == (root.output.type,) else None

    def check(self, match: tuple[Node, Op], graph: Graph) -> str | None:
        reduction, _ = match
        return other_readers(reduction.output, reduction.output.users[0], graph)

    def rewrite(self, match: tuple[Node, Op], build: Builder) -> Value:
        reduction, op = match
        return build.add(op, reduction.inputs[0], name=reduction.name)


class RecognizePooling(RulePass):
    """Turns pooling into the simplest op that does it."""

    name = "recognize_pooling"
    rules = (WholePooling(), EvenAdaptivePooling(), ReductionChain(), SqueezedReduction())
