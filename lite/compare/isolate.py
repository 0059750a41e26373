# SPDX-License-Identifier: Apache-2.0
"""A graph taken apart: every layer reads inputs of its own, so that each can be fed what it should get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lite.compare.places import Place
from lite.ir import Graph, Node, TensorType, Value
from lite.ir.dim import evaluate
from lite.ir.interpret import static


@dataclass
class Apart:
    """The graph in pieces.

    Attributes
    ----------
    graph : Graph
        All pieces side by side; its outputs are the values that could be matched.
    fed : dict of str to Place
        By input of it: what it stands for.
    made : dict of str to Place
        By output of it: what it is.
    """

    graph: Graph
    fed: dict[str, Place] = field(default_factory=dict)
    made: dict[str, Place] = field(default_factory=dict)


def taken_apart(graph: Graph, places: Mapping[Value, Place], symbols: Mapping[str, int]) -> Apart:
    """A graph of fixed shapes in which every value with a place is an input for those who read it.

    Parameters
    ----------
    graph : Graph
    places : mapping of Value to Place
        Of the values that have a counterpart; the others stay within their piece.
    symbols : mapping of str to int
        The extents to fix.
    """
    builder = _Pieces(graph, places, symbols)
    for node in graph.nodes:
        builder.add(node)
    return builder.finished()


class _Pieces:
    def __init__(self, graph: Graph, places: Mapping[Value, Place], symbols: Mapping[str, int]) -> None:
        self.places = places
        self.symbols = symbols
        self.apart = Apart(Graph(graph.name))
        self.copies: dict[Value, Value] = {}
        self.sources: dict[Value, Value] = {}

    def add(self, node: Node) -> None:
        own = {self.places[value].name for value in node.outputs if value in self.places}
        inputs = [None if value is None else self._read(value, own) for value in node.inputs]
        made = self.apart.graph.add(static(node.op, self.symbols), inputs, name=node.name,
                                    outputs=[value.name for value in node.outputs])
        self.copies.update(zip(node.outputs, made))

    def _read(self, value: Value, own: set[str]) -> Value:
        """What a node reads for a value; within one value of the source model: what was really computed."""
        if value.array is not None:
            if value not in self.copies:
                self.copies[value] = self.apart.graph.constant(value.array, value.name)
            return self.copies[value]
        place = self.places.get(value)
        if place is None or (place.name in own and value in self.copies):
            return self.copies[value]
        if value not in self.sources:
            shape = tuple(evaluate(extent, self.symbols) for extent in value.type.shape)
            source = self.apart.graph.add_input(f"{value.name}:fed", TensorType(shape, value.type.dtype))
            source.quantization = value.quantization
            self.sources[value] = source
            self.apart.fed[source.name] = place
        return self.sources[value]

    def finished(self) -> Apart:
        for value, copy in self.copies.items():
            if value in self.places and not value.is_constant:
                self.apart.made[copy.name] = self.places[value]
                self.apart.graph.outputs.append(copy)
        return self.apart
