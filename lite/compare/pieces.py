# SPDX-License-Identifier: Apache-2.0
"""A graph in pieces that end in the values which it has in common with another graph."""

from __future__ import annotations

from collections.abc import Mapping

from lite.compare.places import Place, places_of, plain_name
from lite.ir import Graph, Node, Value


def common_names(a: Graph, b: Graph) -> set[str]:
    """What both graphs have, by name in the source model."""
    left, right = ({place.name for place in places_of(graph).values()} for graph in (a, b))
    return left & right


def homes_of(graph: Graph, places: Mapping[Value, Place], common: set[str]) -> dict[Node, str]:
    """By node: the common value that it makes, or that its result goes into first."""
    homes: dict[Node, str] = {}
    for node in reversed(graph.nodes):
        own = [places[value].name for value in node.outputs if places[value].name in common]
        later = [homes[user] for value in node.outputs for user in value.users if user in homes]
        if own or later:
            homes[node] = (own or later)[0]
    return homes


def layers_by_piece(layers: Mapping[str, str], graph: Graph, common: set[str]) -> dict[str, list[str]]:
    """The layers of each piece: fused into one in one graph, they are several in the other.

    Parameters
    ----------
    layers : mapping of str to str
        In running order, by name of each layer the value it makes; that may have vanished into a table.
    graph : Graph
        In which the values are looked for.
    common : set of str
    """
    places = places_of(graph)
    homes = homes_of(graph, places, common)
    piece_of = {place.name: homes[value.producer] for value, place in places.items()
                if value.producer is not None and value.producer in homes}
    pieces: dict[str, list[str]] = {}
    last: str | None = None
    for layer, value in reversed(list(layers.items())):
        last = piece_of.get(plain_name(value), last)
        if last is not None:
            pieces.setdefault(last, []).insert(0, layer)
    return pieces
