# SPDX-License-Identifier: Apache-2.0
"""Nodes whose results nobody reads go."""

from __future__ import annotations

from lite.ir import Graph
from lite.passes.rule import Log, Pass


class EliminateDead(Pass):
    """Removes nodes that no output of the graph depends on."""

    name = "eliminate_dead"

    def run(self, graph: Graph, log: Log) -> None:
        for node in reversed(list(graph.nodes)):
            if not node.removed:
                log.changes[self.name] += graph.remove_unread(node)
        log.changes += type(log.changes)()  # drop a count of 0
