# SPDX-License-Identifier: Apache-2.0
"""The numpy interpreter: the meaning of a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lite.errors import InputError, LiteError
from lite.ir.dim import Dim, evaluate
from lite.ir.graph import Builder, Graph, Node, Symbol, Value
from lite.ir.op import Op
from lite.ir.types import TensorType

Tap = Callable[[Value, np.ndarray], None]


def interpret(graph: Graph, feeds: Mapping[str, np.ndarray], tap: Tap | None = None) -> dict[str, np.ndarray]:
    """Run a graph.

    Parameters
    ----------
    graph : Graph
    feeds : mapping of input name to array
    tap : callable(value, array), optional
        Sees every value that a node makes.

    Raises
    ------
    InputError
        If an input is missing, unknown, or has another dtype or shape than declared.
    """
    symbols = bind(graph, feeds)
    results: dict[Value, np.ndarray] = {value: feeds[value.name] for value in graph.inputs}
    for value in graph.constants():
        results[value] = value.array  # type: ignore[assignment]
    unread = {value: len(value.uses) + graph.outputs.count(value) for value in graph.values()}
    for node in graph.nodes:
        inputs = tuple(None if value is None else results[value] for value in node.inputs)
        for value, array in zip(node.outputs, _apply(node, inputs, symbols)):
            results[value] = array
            if tap is not None:
                tap(value, array)
        for read in node.inputs:
            if read is not None:
                unread[read] -= 1
                if not unread[read]:
                    del results[read]  # a deep graph would not fit in memory
    return {value.name: results[value] for value in graph.outputs}


def random_feeds(graph: Graph, seed: int = 0,
                 symbols: Mapping[str, int] | None = None) -> dict[str, np.ndarray]:
    """Inputs to try a graph with: floats of a normal distribution, integers and bools 0 or 1.

    Parameters
    ----------
    graph : Graph
    seed : int
        The same seed gives the same numbers with every numpy.
    symbols : mapping of str to int, optional
        Extents; those not given are as small as allowed.
    """
    extents = {name: symbol.smallest for name, symbol in graph.symbols.items()} | dict(symbols or {})
    random = np.random.RandomState(seed)  # its stream is frozen, a Generator's is not
    feeds = {}
    for value in graph.inputs:
        shape = tuple(evaluate(extent, extents) for extent in value.type.shape)
        numbers = random.standard_normal(shape) if value.type.dtype.is_float else random.randint(0, 2, shape)
        feeds[value.name] = np.asarray(numbers).astype(value.type.dtype.numpy)
    return feeds


def bind(graph: Graph, feeds: Mapping[str, np.ndarray]) -> dict[str, int]:
    """Check the feeds against the graph's inputs; values of its symbols.

    Raises
    ------
    InputError
    """
    return bind_types(graph, {name: TensorType.of(np.asarray(array)) for name, array in feeds.items()})


def bind_types(graph: Graph, types: Mapping[str, TensorType]) -> dict[str, int]:
    """Check the types of feeds against the graph's inputs; values of its symbols.

    Raises
    ------
    InputError
    """
    names = [value.name for value in graph.inputs]
    if set(names) != set(types):
        raise InputError(f"inputs {sorted(types)} were given, expected {names}", where=graph.name)
    symbols: dict[str, int] = {}
    for value in graph.inputs:
        given = types[value.name]
        if given.dtype is not value.type.dtype or given.rank != value.type.rank:
            raise InputError(f"got {given}, expected {value.type}", where=f"input {value.name!r}")
        for declared, extent in zip(value.type.shape, given.shape):
            name = declared.symbol_name if isinstance(declared, Dim) else None
            if name is not None:
                symbols.setdefault(name, int(extent))
    _check_ranges(graph, symbols)
    for value in graph.inputs:
        given_shape = types[value.name].shape
        if tuple(evaluate(extent, symbols) for extent in value.type.shape) != given_shape:
            raise InputError(f"got shape {list(given_shape)}, expected {value.type}",
                             where=f"input {value.name!r}")
    return symbols


def _check_ranges(graph: Graph, symbols: Mapping[str, int]) -> None:
    for name, extent in symbols.items():
        symbol = graph.symbols.get(name, Symbol(name))
        if not symbol.smallest <= extent <= symbol.greatest:
            raise InputError(f"extent {name} is {extent}, expected {symbol.smallest} to {symbol.greatest}",
                             where=graph.name)


def _apply(node: Node, inputs: tuple[np.ndarray | None, ...],
           symbols: Mapping[str, int]) -> tuple[np.ndarray, ...]:
    try:
        return apply(static(node.op, symbols), inputs)
    except LiteError as error:
        error.where = error.where or node.name
        raise


def static(op: Op, symbols: Mapping[str, int]) -> Op:
    """The op with every formula among its attributes replaced by its value."""
    changes: dict[str, Any] = {}
    for name, attribute in op.attributes().items():
        if isinstance(attribute, Dim):
            changes[name] = evaluate(attribute, symbols)
        elif isinstance(attribute, tuple) and any(isinstance(item, Dim) for item in attribute):
            changes[name] = tuple(evaluate(item, symbols) if isinstance(item, Dim) else item
                                  for item in attribute)
    return op.replace(**changes) if changes else op


def apply(op: Op, inputs: tuple[Any, ...]) -> tuple[np.ndarray, ...]:
    """Run one op with numpy: its reference, or its lowering if it has no reference."""
    if type(op).reference is not Op.reference:
        return op.reference_all(inputs)
    graph = lowered(op, tuple(None if array is None else TensorType.of(array) for array in inputs))
    feeds = {f"input{position}": array for position, array in enumerate(inputs) if array is not None}
    return tuple(interpret(graph, feeds).values())


def lowered(op: Op, types: tuple[TensorType | None, ...]) -> Graph:
    """A graph whose inputs are input0, input1, ... and whose body is the op's lowering."""
    graph = Graph(op.name)
    inputs = [None if type is None else graph.add_input(f"input{position}", type)
              for position, type in enumerate(types)]
    outputs = op.lower(Builder(graph, name=op.name), *inputs)
    if outputs is None:
        raise LiteError(f"{op.name} has neither reference nor lowering")
    graph.outputs = list(outputs) if isinstance(outputs, tuple) else [outputs]
    return graph
