# SPDX-License-Identifier: Apache-2.0
"""Two nodes that compute the same from the same become one."""

from __future__ import annotations

from collections.abc import Hashable

from lite.ir import Graph, Node, Value
from lite.passes.rule import Log, Pass, replace_outputs

MOST_COMPARED = 64  # elements of a constant that is compared by content


class MergeDuplicates(Pass):
    """Keeps the first of the nodes with the same op, attributes and inputs."""

    name = "merge_duplicates"

    def run(self, graph: Graph, log: Log) -> None:
        first: dict[Hashable, Node] = {}
        for node in list(graph.nodes):
            known = first.setdefault(_key(node), node)
            if known is node:
                continue
            reason = replace_outputs(graph, node, known.outputs)
            if reason is None:
                log.changes[self.name] += 1
            else:
                log.refuse(self.name, node, reason)


def _key(node: Node) -> Hashable:
    inputs = tuple(None if value is None else _input_key(value) for value in node.inputs)
    return node.op.name, repr(node.op), inputs


def _input_key(value: Value) -> Hashable:
    if value.array is None or value.array.size > MOST_COMPARED:
        return id(value)
    return str(value.type), value.array.tobytes()
