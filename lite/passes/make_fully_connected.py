# SPDX-License-Identifier: Apache-2.0
"""A matrix product with constant weights is a fully connected layer."""

from __future__ import annotations

import numpy as np

from lite.ir import Builder, DType, Graph, Node, Value
from lite.ops.fully_connected import FullyConnected
from lite.ops.matmul import Matmul
from lite.passes.pattern import maker
from lite.passes.rule import Rule, RulePass


class MatmulToFullyConnected(Rule[Node]):
    """matmul(x, w) with a constant matrix w, maybe of integers that stand for reals -> fully_connected."""

    name = "matmul_to_fully_connected"
    roots = ("matmul",)

    def pattern(self, root: Node) -> Node | None:
        x, w = root.inputs[:2]
        return root if x is not None and _stored(w) is not None and not x.is_constant else None

    def check(self, match: Node, graph: Graph) -> str | None:
        x, w = match.inputs[:2]
        assert x is not None and w is not None and isinstance(match.op, Matmul)
        if x.type.dtype is not DType.F32:
            return f"the product is of {x.type.dtype.value}"
        if match.op.transpose_a and x.type.rank > 1:
            return "the left side is transposed"
        matrix = w.type.shape[-2:]
        if w.type.rank < 2 or w.type.rank > max(x.type.rank, 2) or w.type.count != matrix[0] * matrix[1]:
            return f"the right side {w.type} is not one matrix"
        scaled = maker(w, "dequantize")
        scales = scaled.input(1) if scaled is not None else None
        if scaled is not None and scales is not None and scales.type.rank and _axis(scaled) < 0:
            return "its weights have a scale for each of several matrices"
        return None

    def rewrite(self, match: Node, build: Builder) -> Value:
        x, w = match.inputs[:2]
        stored, scaled = _stored(w), maker(w, "dequantize")
        assert stored is not None and stored.array is not None and isinstance(match.op, Matmul)
        matrix = stored.array.reshape(stored.array.shape[-2:])
        if match.op.transpose_b:
            matrix = np.ascontiguousarray(matrix.T)
        weights = build.constant(matrix, name=stored.name)
        if scaled is not None:
            axis = max(_axis(scaled), 0)
            op = scaled.op.replace(axis=1 - axis if match.op.transpose_b else axis)
            weights = build.add(op, weights, scaled.input(1), name=scaled.name)
        scales = [None, None, match.input(2)] if match.input(2) is not None else []
        return build.add(FullyConnected(), x, weights, *scales)


def _stored(w: Value | None) -> Value | None:
    """The constant that a right side is, or is made of by its scales."""
    scaled = maker(w, "dequantize")
    stored = w if scaled is None else scaled.input(0)
    return stored if stored is not None and stored.is_constant else None


def _axis(scaled: Node) -> int:
    """Which axis of the matrix has the scales; less than 0 if none."""
    return int(scaled.op.attributes()["axis"]) - (scaled.output.type.rank - 2)


class MakeFullyConnected(RulePass):
    """Turns matmul with constant weights into fully_connected."""

    name = "make_fully_connected"
    rules = (MatmulToFullyConnected(),)
