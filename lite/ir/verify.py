# SPDX-License-Identifier: Apache-2.0
"""The verifier: what must hold for every graph, at every moment between two passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from lite.errors import LiteError, PassError
from lite.ir.dim import Dim, Extent
from lite.ir.graph import Graph, Node, Value
from lite.ir.types import DType, TensorType

MOST_SHOWN = 5


def verify(graph: Graph) -> None:
    """Check a graph.

    Raises
    ------
    PassError
        Naming the first few of the things that are wrong.
    """
    found = list(complaints(graph))
    if found:
        more = f"; and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
        raise PassError("; ".join(found[:MOST_SHOWN]) + more, where=f"graph {graph.name!r}")


def complaints(graph: Graph) -> Iterator[str]:
    """Everything that is wrong with a graph, in words."""
    yield from _names(graph)
    yield from _order(graph)
    yield from _uses(graph)
    yield from _symbols(graph)
    for value in graph.constants():
        yield from _constant(value)
    for node in graph.nodes:
        yield from _attributes(node)
        yield from _types(node)


def _names(graph: Graph) -> Iterator[str]:
    for name, count in Counter(value.name for value in graph.values()).items():
        if count > 1:
            yield f"{count} values are called {name!r}"
    if len(set(graph.outputs)) != len(graph.outputs):
        yield "a value is an output of the graph twice, so one of the names is lost"


def _order(graph: Graph) -> Iterator[str]:
    defined: set[Value] = set(graph.inputs)
    for node in graph.nodes:
        for value in node.inputs:
            if value is not None and not value.is_constant and value not in defined:
                yield f"{node.name} reads {value.name!r} before it is made"
        for value in node.outputs:
            if value in defined or value.is_constant:
                yield f"{value.name!r} is made twice, the second time by {node.name}"
            if value.producer is not node:
                yield f"{value.name!r} does not know that {node.name} makes it"
            defined.add(value)
    for value in graph.outputs:
        if value not in defined and not value.is_constant:
            yield f"output {value.name!r} is made by no node"


def _uses(graph: Graph) -> Iterator[str]:
    read = Counter((value, node, position) for node in graph.nodes
                   for position, value in enumerate(node.inputs) if value is not None)
    known = Counter((value, node, position) for value in graph.values() for node, position in value.uses)
    for value, node, position in (read - known):
        yield f"{value.name!r} does not know that {node.name} reads it as input {position}"
    for value, node, position in (known - read):
        yield f"{value.name!r} believes that {node.name} reads it as input {position}"


def _symbols(graph: Graph) -> Iterator[str]:
    bound = {extent.symbol_name for value in graph.inputs for extent in value.type.shape
             if isinstance(extent, Dim)}
    for name, symbol in graph.symbols.items():
        if symbol.name != name:
            yield f"symbol {name!r} is called {symbol.name!r} inside"
        if name not in bound:
            yield f"symbol {name!r} is the extent of no input"
    for value in graph.values():
        yield from _unknown_symbols(value.type.shape, graph, f"the shape of {value.name!r}")
    for node in graph.nodes:
        for name, attribute in node.op.attributes().items():
            extents = attribute if isinstance(attribute, tuple) else (attribute,)
            yield from _unknown_symbols(extents, graph, f"attribute {name} of {node.name}")


def _unknown_symbols(extents: tuple[Extent, ...], graph: Graph, where: str) -> Iterator[str]:
    for extent in extents:
        if isinstance(extent, Dim) and not extent.symbols() <= set(graph.symbols):
            yield f"{where} reads unknown symbols {sorted(extent.symbols() - set(graph.symbols))}"


def _constant(value: Value) -> Iterator[str]:
    if value.array is not None and TensorType.of(value.array) != value.type:
        yield f"constant {value!r} holds {TensorType.of(value.array)}"
    if value.producer is not None:
        yield f"constant {value.name!r} is made by {value.producer.name} as well"


def _attributes(node: Node) -> Iterator[str]:
    for name, attribute in node.op.attributes().items():
        items: tuple[Any, ...] = attribute if isinstance(attribute, tuple) else (attribute,)
        for item in items:
            if not (item is None or isinstance(item, (bool, int, float, str, DType, Dim))):
                yield f"attribute {name} of {node.name} holds {type(item).__name__} {item!r}"
            elif type(item).__module__ == "numpy":
                yield f"attribute {name} of {node.name} holds numpy's {type(item).__name__}"


def _types(node: Node) -> Iterator[str]:
    try:
        types = node.op.infer_all(tuple(None if value is None else value.type for value in node.inputs))
    except LiteError as error:
        yield f"{node.name} does not infer: {error}"
        return
    if types != tuple(value.type for value in node.outputs):
        yield f"{node!r} infers {', '.join(map(str, types))}"
