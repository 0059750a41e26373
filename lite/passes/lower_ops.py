# SPDX-License-Identifier: Apache-2.0
"""Ops that lower are replaced by their lowering, until only ops that run are left."""

from __future__ import annotations

from collections.abc import Iterable

from lite import ops
from lite.errors import PassError
from lite.ir import Builder, Graph, Node, Op
from lite.passes.rule import Log, Pass, replace_outputs


class LowerOps(Pass):
    """Replaces nodes by what their op lowers to.

    Parameters
    ----------
    runnable : frozenset of str, optional
        Names of the ops that have kernels. Without it, the ops that have a reference count as runnable.
    """

    name = "lower_ops"
    deepest = 20  # lowerings of lowerings

    def __init__(self, runnable: frozenset[str] | None = None) -> None:
        self.runnable = runnable

    def runs(self, op: Op) -> bool:
        if self.runnable is None:
            return type(op).reference is not Op.reference
        return op.name in self.runnable

    def run(self, graph: Graph, log: Log) -> None:
        kept: set[Node] = set()  # their op lowers on a condition that does not hold
        for _ in range(self.deepest):
            pending = [node for node in graph.nodes if node.op.lowers() and node not in kept]
            if not pending:
                return
            for node in pending:
                if not node.removed and not self._lower(node, graph, log):
                    kept.add(node)
        raise PassError(f"{pending[0].op.name} lowers again and again", where=pending[0].name)

    def _lower(self, node: Node, graph: Graph, log: Log) -> bool:
        build = Builder(graph, before=node, name=node.name)
        lowered = node.op.lower(build, *node.inputs)
        if lowered is None:
            return False
        values = lowered if isinstance(lowered, tuple) else (lowered,)
        kept = tuple(new if graph.can_replace(old, new) else build.add(ops.get("identity")(), new)
                     for old, new in zip(node.outputs, values))
        replace_outputs(graph, node, kept)
        log.changes[node.op.name] += 1
        return True

    def after(self, graph: Graph) -> Iterable[str]:
        for node in graph.nodes:
            if node.op.lowers() and not self.runs(node.op):
                yield f"{node.op.name} at {node.name} neither runs nor lowers"
