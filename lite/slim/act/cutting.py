# SPDX-License-Identifier: Apache-2.0
"""A model without its post-processing, which trains, and that put back behind it."""

from __future__ import annotations

from dataclasses import dataclass

from lite.errors import InputError
from lite.ir import Graph, Node, Value
from lite.passes import pipeline
from lite.passes.eliminate_dead import EliminateDead

DECIDING = frozenset({"non_max_suppression", "arg_max", "arg_min", "top_k"})  # no gradient passes these


@dataclass(frozen=True)
class Tail:
    """What was cut off.

    Attributes
    ----------
    whole : Graph
        The graph as it was.
    nodes : frozenset of str
        Names of the outputs of the nodes that were cut off.
    first : tuple of str
        Of the ops that it begins with: what they are.
    """

    whole: Graph
    nodes: frozenset[str]
    first: tuple[str, ...]

    def behind(self, body: Graph) -> Graph:
        """A body, trained or compressed, with this behind it; its inputs and outputs are those of the whole.

        Raises
        ------
        InputError
            If the body has lost a value that is read here.
        """
        joined = body.copy()
        known = {value.name: value for value in (*joined.inputs, *joined.outputs)}
        for node in self.whole.nodes:
            if _is_in(node, self.nodes):
                inputs = [None if value is None else _found(joined, known, value) for value in node.inputs]
                names = [value.name for value in node.outputs]
                known.update(zip(names, joined.add(node.op, inputs, name=node.name, outputs=names)))
        joined.outputs = [_found(joined, known, value) for value in self.whole.outputs]
        return joined


def cut(graph: Graph) -> tuple[Graph, Tail | None]:
    """The part of a graph before what decides (NMS, top_k, arg_max, ...), and the rest, if there is any.

    Outputs of the part are the values that the rest reads, and outputs of the graph that it makes.

    Raises
    ------
    InputError
        If nothing is left to train.
    """
    behind: set[str] = set()
    first = []
    for node in graph.nodes:
        reads_tail = any(value is not None and value.name in behind for value in node.inputs)
        if node.op.name in DECIDING and not reads_tail:
            first.append(node.op.name)
        if node.op.name in DECIDING or reads_tail:
            behind.update(value.name for value in node.outputs)
    if not behind:
        return graph.copy(), None
    body, tail = graph.copy(), Tail(graph, frozenset(behind), tuple(dict.fromkeys(first)))
    kept = [value for value in body.values() if value.producer is not None and value.name not in behind]
    body.outputs = [value for value in kept if _leaves(body, value, behind)]
    if not body.outputs:
        raise InputError(f"nothing is left before {', '.join(tail.first)}", where=graph.name,
                         hint="a model that only decides has no weights to train")
    for node in reversed(body.nodes[:]):
        if _is_in(node, behind):
            body.remove(node)
    pipeline.run(body, [EliminateDead()])
    return body, tail


def _leaves(graph: Graph, value: Value, behind: set[str]) -> bool:
    return graph.is_output(value) or any(_is_in(node, behind) for node in value.users)


def _is_in(node: Node, names: frozenset[str] | set[str]) -> bool:
    return bool(node.outputs) and node.outputs[0].name in names


def _found(graph: Graph, known: dict[str, Value], value: Value) -> Value:
    if value.name not in known:
        if value.array is None:
            raise InputError(f"there is no value {value.name!r} any more, which the post-processing reads",
                             where=graph.name)
        known[value.name] = graph.constant(value.array, value.name)
    return known[value.name]
