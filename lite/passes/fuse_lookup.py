# SPDX-License-Identifier: Apache-2.0
"""A table behind a convolution of bytes is looked up while the outputs are at hand."""

from __future__ import annotations

from lite.ir import Builder, DType, Graph, Node, Value
from lite.passes.pattern import maker, other_readers
from lite.passes.rule import Rule, RulePass

RESIDUAL, TABLE = 4, 5  # input positions


class FuseTable(Rule[tuple[Node, Node]]):
    """table[q_conv2d(x)] -> q_conv2d with that table."""

    name = "fuse_table"
    roots = ("lookup",)

    def pattern(self, root: Node) -> tuple[Node, Node] | None:
        layer, table = maker(root.input(0), "q_conv2d"), root.input(1)
        if layer is None or table is None:
            return None
        bytes_only = layer.output.type.dtype is DType.S8 and table.type.dtype is DType.S8
        return (root, layer) if bytes_only else None

    def check(self, match: tuple[Node, Node], graph: Graph) -> str | None:
        root, layer = match
        if layer.input(TABLE) is not None:
            return f"{layer.name} ends in a table already"
        return other_readers(layer.output, root, graph)

    def rewrite(self, match: tuple[Node, Node], build: Builder) -> Value:
        root, layer = match
        inputs = [layer.input(position) for position in range(RESIDUAL + 1)]
        made = build.add(layer.op, *inputs, root.input(1), name=layer.name)
        made.quantization = root.output.quantization
        return made


class FuseLookup(RulePass):
    """Gives tables to the convolutions of bytes before them."""

    name = "fuse_lookup"
    rules = (FuseTable(),)
