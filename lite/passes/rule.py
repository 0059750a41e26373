# SPDX-License-Identifier: Apache-2.0
"""What a pass is, what it reports, and passes made of rewrite rules: pattern, check, rewrite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, Union

from lite.errors import PassError
from lite.ir import Builder, Graph, Node, Value
from lite.passes.quantized import of_scaling

Replacement = Union[Value, tuple[Value, ...]]
M = TypeVar("M")


@dataclass(frozen=True)
class Refusal:
    """A place where a rule's pattern was found but could not be rewritten."""

    rule: str
    node: str
    reason: str

    def __str__(self) -> str:
        return f"{self.rule} at {self.node}: {self.reason}"


@dataclass
class Log:
    """What one pass did: changes by rule, refusals in the order of the graph, and the time it took."""

    name: str
    changes: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    time_s: float = 0.0

    @property
    def count(self) -> int:
        """Number of changes."""
        return sum(self.changes.values())

    def refuse(self, rule: str, node: Node, reason: str) -> None:
        self.refusals.append(Refusal(rule, node.name, reason))


class Pass:
    """One step of the pipeline: rewrites a graph in place. The name is that of its file."""

    name: str = ""

    def run(self, graph: Graph, log: Log) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not run")

    def before(self, graph: Graph) -> Iterable[str]:
        """Complaints about a graph that the pass cannot take."""
        return ()

    def after(self, graph: Graph) -> Iterable[str]:
        """Complaints about what the pass left behind: it promised otherwise."""
        return ()


class Rule(Generic[M]):
    """A rewrite: which nodes it looks at, and what it does with them.

    ``roots`` are the names of the ops at which the pattern ends: the root's outputs are what is replaced.
    """

    name: str = ""
    roots: tuple[str, ...] = ()

    def pattern(self, root: Node) -> M | None:
        """What was found, or None where there is nothing to speak of."""
        raise NotImplementedError(f"{type(self).__name__} has no pattern")

    def check(self, match: M, graph: Graph) -> str | None:
        """Why what was found must stay as it is; None if nothing forbids the rewrite."""
        return None

    def rewrite(self, match: M, build: Builder) -> Replacement:
        """New values for the root's outputs. The builder adds nodes just before the root."""
        raise NotImplementedError(f"{type(self).__name__} does not rewrite")


class RulePass(Pass):
    """Applies rules, in order of the graph, until none of them matches any more."""

    rules: Sequence[Rule[Any]] = ()
    greatest_sweeps = 100

    def run(self, graph: Graph, log: Log) -> None:
        by_root: dict[str, list[Rule[Any]]] = {}
        for rule in self.rules:
            for root in rule.roots:
                by_root.setdefault(root, []).append(rule)
        for _ in range(self.greatest_sweeps):
            log.refusals.clear()
            before = log.count
            for node in list(graph.nodes):
                if not node.removed:
                    _apply_first(by_root.get(node.op.name, ()), node, graph, log)
            if log.count == before:
                return
        raise PassError(f"rules still match after {self.greatest_sweeps} sweeps", where=self.name)


def _apply_first(rules: Iterable[Rule[Any]], node: Node, graph: Graph, log: Log) -> None:
    for rule in rules:
        match = rule.pattern(node)
        if match is None:
            continue
        reason = rule.check(match, graph)
        if reason is None:
            reason = _replace(node, rule.rewrite(match, Builder(graph, before=node, name=node.name)), graph)
        if reason is None:
            log.changes[rule.name] += 1
            return
        log.refuse(rule.name, node, reason)


def _replace(node: Node, replacement: Replacement, graph: Graph) -> str | None:
    values = replacement if isinstance(replacement, tuple) else (replacement,)
    if len(values) != len(node.outputs):
        raise PassError(f"{len(values)} values replace {len(node.outputs)} outputs", where=node.name)
    reason = replace_outputs(graph, node, values)
    if reason is not None:
        for value in values:
            if value.producer is not None:
                graph.remove_unread(value.producer)
    return reason


def replace_outputs(graph: Graph, node: Node, values: Sequence[Value]) -> str | None:
    """Put values in the place of a node's outputs and take the node out; or say why that cannot be.

    New values take over the names of the old ones and what their integers stand for, so that a tensor can be
    found again after a pass, and read.
    """
    for old, new in zip(node.outputs, values):
        if old.type != new.type:
            raise PassError(f"{new!r} would replace {old!r}", where=node.name)
        if not graph.can_replace(old, new):
            return f"output {old.name!r} of the graph would lose its name to {new.name!r}"
    fresh = [new for new in values if new.producer is not None and not new.uses and not graph.is_output(new)]
    made = of_scaling(node) if node.op.name == "quantize" else None
    for old, new in zip(node.outputs, values):
        if not new.is_constant:
            new.quantization = new.quantization or old.quantization or made
        if any(new is value for value in fresh) and not graph.is_output(old):
            old.name, new.name = new.name, old.name
        graph.replace_uses(old, new)
    graph.remove_unread(node)
    return None
