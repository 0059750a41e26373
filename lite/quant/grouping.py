# SPDX-License-Identifier: Apache-2.0
"""Which values are quantized, and which of them share scale and zero point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lite.ir import DType, Graph, Node, Value
from lite.quant.roles import Role, classify, data_positions


@dataclass
class Group:
    """Values with one scale and zero point: joined by nodes that move elements.

    Attributes
    ----------
    name : str
        That of the first value.
    members : list of Value
        In the order of the graph.
    sources : list of Value
        Members that are no mere copies of others: what has to be observed. Constants are among them.
    """

    name: str
    members: list[Value] = field(default_factory=list)
    sources: list[Value] = field(default_factory=list)


@dataclass
class Plan:
    """What is quantized.

    Attributes
    ----------
    roles : dict of Node to Role
    reasons : dict of Node to str
        Why nodes stay float.
    groups : list of Group
        In the order of the graph.
    """

    graph: Graph
    roles: dict[Node, Role]
    reasons: dict[Node, str]
    groups: list[Group]

    def is_integer(self, node: Node | None) -> bool:
        """Whether a node will run on integers."""
        return node is not None and self.roles[node] is not Role.FLOAT

    def layers(self) -> list[Node]:
        """Nodes that compute on integers, in order."""
        return [node for node in self.graph.nodes if self.roles[node] is Role.LAYER]


def plan(graph: Graph, excluded: Mapping[Node, str]) -> Plan:
    """Decide what is quantized.

    Parameters
    ----------
    graph : Graph
        Optimised for quantization: only bounds fused as activations.
    excluded : mapping of Node to str
        Nodes that must stay float, and why.
    """
    roles, reasons = classify(graph, excluded)
    heads = _joined(graph, roles)
    active = {_head(heads, value) for node in graph.nodes if roles[node] is Role.LAYER
              for value in _quantized_values(node)}
    for node, role in roles.items():
        if role is Role.MOVE and _head(heads, node.outputs[0]) not in active:
            roles[node], reasons[node] = Role.FLOAT, "no node beside it computes on integers"
    groups: dict[Value, Group] = {}
    for value in _in_order(graph, roles):
        group = groups.setdefault(_head(heads, value), Group(value.name))
        group.members.append(value)
        if value.producer is None or roles[value.producer] is not Role.MOVE:
            group.sources.append(value)
    return Plan(graph, roles, reasons, list(groups.values()))


def _quantized_values(node: Node) -> list[Value]:
    read = [node.inputs[position] for position in data_positions(node)]
    return [value for value in (*read, *node.outputs) if value is not None]


def _joined(graph: Graph, roles: Mapping[Node, Role]) -> dict[Value, Value]:
    """A forest whose trees are the values joined by movers."""
    heads: dict[Value, Value] = {}
    for node in graph.nodes:
        if roles[node] is Role.MOVE:
            first, *others = _quantized_values(node)
            for other in others:
                heads[_head(heads, other)] = _head(heads, first)
                heads.setdefault(_head(heads, first), _head(heads, first))
    return heads


def _head(heads: dict[Value, Value], value: Value) -> Value:
    while heads.get(value, value) is not value:
        value = heads[value]
    return value


def _in_order(graph: Graph, roles: Mapping[Node, Role]) -> list[Value]:
    """Values that integer nodes read as data or make, each once."""
    found: dict[Value, None] = {}
    for node in graph.nodes:
        if roles[node] is not Role.FLOAT:
            found.update(dict.fromkeys(value for value in _quantized_values(node)
                                       if value.type.dtype is DType.F32))
    return list(found)
