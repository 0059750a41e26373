# SPDX-License-Identifier: Apache-2.0
"""A matrix product with constant weights is a fully connected layer."""

from __future__ import annotations

import numpy as np

from lite.ir import Builder, DType, Graph, Node, Value
from lite.ops.fully_connected import FullyConnected
from lite.ops.matmul import Matmul
from lite.passes.rule import Rule, RulePass


class MatmulToFullyConnected(Rule[Node]):
    """matmul(x, w) with a constant matrix w -> fully_connected."""

    name = "matmul_to_fully_connected"
    roots = ("matmul",)

    def pattern(self, root: Node) -> Node | None:
        x, w = root.inputs
        return root if x is not None and w is not None and w.is_constant and not x.is_constant else None

    def check(self, match: Node, graph: Graph) -> str | None:
        x, w = match.inputs
        assert x is not None and w is not None and isinstance(match.op, Matmul)
        if x.type.dtype is not DType.F32:
            return f"the product is of {x.type.dtype.value}"
        if match.op.transpose_a and x.type.rank > 1:
            return "the left side is transposed"
        matrix = w.type.shape[-2:]
        if w.type.rank < 2 or w.type.rank > max(x.type.rank, 2) or w.type.count != matrix[0] * matrix[1]:
            return f"the right side {w.type} is not one matrix"
        return None

    def rewrite(self, match: Node, build: Builder) -> Value:
        x, w = match.inputs
        assert w is not None and w.array is not None and isinstance(match.op, Matmul)
        matrix = w.array.reshape(w.array.shape[-2:])
        if match.op.transpose_b:
            matrix = np.ascontiguousarray(matrix.T)
        return build.add(FullyConnected(), x, build.constant(matrix, name=w.name))


class MakeFullyConnected(RulePass):
    """Turns matmul with constant weights into fully_connected."""

    name = "make_fully_connected"
    rules = (MatmulToFullyConnected(),)
