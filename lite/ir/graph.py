# SPDX-License-Identifier: Apache-2.0
"""The graph: values in SSA form, nodes that make them, uses kept up to date."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lite.errors import PassError
from lite.ir.op import Op
from lite.ir.quant import Quantization
from lite.ir.types import TensorType

MOST_DRIFT = 64  # how far from where it is expected a node is looked for, before it is everywhere


class Value:
    """A tensor: made by a node, or a graph input, or a constant (then ``array`` holds it).

    ``quantization`` says, for tools and people, what the integers of an activation stand for.
    """

    __slots__ = ("array", "name", "producer", "quantization", "type", "uses")

    def __init__(self, name: str, type: TensorType, *, array: np.ndarray | None = None) -> None:
        self.name = name
        self.type = type
        self.array = array
        self.producer: Node | None = None
        self.quantization: Quantization | None = None
        self.uses: list[tuple[Node, int]] = []  # (node, input position), in the order of adding

    @property
    def is_constant(self) -> bool:
        return self.array is not None

    @property
    def users(self) -> list[Node]:
        """Nodes that read the value, each once."""
        return list(dict.fromkeys(node for node, _ in self.uses))

    def __repr__(self) -> str:
        return f"%{self.name}: {self.type}"


class Node:
    """One application of an op."""

    __slots__ = ("expected", "inputs", "name", "op", "outputs")

    def __init__(self, op: Op, inputs: tuple[Value | None, ...], name: str) -> None:
        self.op = op
        self.inputs = inputs
        self.name = name
        self.outputs: tuple[Value, ...] = ()
        self.expected = 0  # where it stood in Graph.nodes, but for the drift of all nodes near it

    @property
    def output(self) -> Value:
        """The only output."""
        if len(self.outputs) != 1:
            raise PassError(f"{self.op.name} has {len(self.outputs)} outputs, expected 1", where=self.name)
        return self.outputs[0]

    @property
    def removed(self) -> bool:
        """True once the node was taken out of its graph."""
        return any(value.producer is not self for value in self.outputs)

    def input(self, position: int) -> Value | None:
        """Input at a position; None if it is optional and left out."""
        return self.inputs[position] if position < len(self.inputs) else None

    def __repr__(self) -> str:
        outputs = ", ".join(map(repr, self.outputs))
        inputs = ", ".join("-" if value is None else f"%{value.name}" for value in self.inputs)
        return f"{outputs} = {self.op.name}({inputs})"


@dataclass
class Preprocess:
    """How an image becomes the first input: resize the short side, crop the centre, normalise."""

    resize: int = 0  # 0: keep
    crop: int = 0  # 0: keep
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    format: str = "RGB"


@dataclass
class Symbol:
    """A free extent of a graph input, and what a caller may give for it."""

    name: str
    smallest: int = 1
    greatest: int = 1 << 20


@dataclass
class Graph:
    """Nodes in running order between inputs and outputs. Names of values are unique."""

    name: str = "graph"
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    symbols: dict[str, Symbol] = field(default_factory=dict)  # by name, of the extents of the inputs
    preprocess: Preprocess | None = None
    rounding: str = "even"  # of the sums of layers on integers: as the framework does that it comes from
    _names: set[str] = field(default_factory=set, repr=False)
    _drift: int = field(default=0, repr=False)  # how far nodes were found from where they were expected
    _counts: dict[str, int] = field(default_factory=dict, repr=False)  # last number given to a wish

    def unique_name(self, wish: str) -> str:
        """A value name not yet taken, as close to the wish as can be; it is taken from now on."""
        wish = wish or "value"
        name = wish
        while name in self._names:
            self._counts[wish] = self._counts.get(wish, 0) + 1
            name = f"{wish}.{self._counts[wish]}"
        self._names.add(name)
        return name

    def rename(self, value: Value, wish: str) -> None:
        """Give a value another name, as close to the wish as can be."""
        if value.name != wish:
            self._names.discard(value.name)
            value.name = self.unique_name(wish)

    def claim_name(self, value: Value, name: str) -> None:
        """Give a value a name; a value that has it already gets another one."""
        if value.name == name:
            return
        if name in self._names:
            for other in self.values():
                if other.name == name:
                    other.name = self.unique_name(name)
        self._names.discard(value.name)
        self._names.add(name)
        value.name = name

    def add_input(self, name: str, type: TensorType) -> Value:
        value = Value(self.unique_name(name), type)
        self.inputs.append(value)
        return value

    def constant(self, array: np.ndarray, name: str = "constant") -> Value:
        """A new constant. The array must not be changed afterwards."""
        array = np.asarray(array)
        return Value(self.unique_name(name), TensorType.of(array), array=array)

    def add(self, op: Op, inputs: Sequence[Value | None], *, name: str = "",
            outputs: Sequence[str] = (), before: Node | None = None) -> tuple[Value, ...]:
        """Append a node (or insert it before another) and return its outputs, types inferred.

        Raises
        ------
        ShapeError
            If the op refuses the types of the inputs.
        """
        types = op.infer_all(tuple(value.type if value is not None else None for value in inputs))
        node = Node(op, tuple(inputs), name or op.name)
        wishes = list(outputs) + [""] * (len(types) - len(outputs))
        node.outputs = tuple(Value(self.unique_name(wish or node.name), type)
                             for wish, type in zip(wishes, types))
        for value in node.outputs:
            value.producer = node
        for position, read in enumerate(node.inputs):
            if read is not None:
                read.uses.append((node, position))
        position = self.place(before) if before is not None else len(self.nodes)
        node.expected = position - self._drift
        self.nodes.insert(position, node)
        return node.outputs

    def place(self, node: Node) -> int:
        """Position of a node in running order; quick if one asks in about that order.

        Raises
        ------
        PassError
            If the node is not in the graph.
        """
        guess = node.expected + self._drift
        for start, end in ((guess - MOST_DRIFT, guess + MOST_DRIFT), (0, len(self.nodes))):
            with contextlib.suppress(ValueError):
                position = self.nodes.index(node, max(start, 0), max(end, 0))
                self._drift = position - node.expected
                return position
        raise PassError("the node is not in the graph", where=node.name)

    def set_input(self, node: Node, position: int, value: Value | None) -> None:
        """Make a node read another value at a position (which may lie behind its last input)."""
        inputs = list(node.inputs) + [None] * (position + 1 - len(node.inputs))
        old = inputs[position]
        if old is not None:
            old.uses.remove((node, position))
        inputs[position] = value
        if value is not None:
            value.uses.append((node, position))
        node.inputs = tuple(inputs)

    def can_replace(self, old: Value, new: Value) -> bool:
        """Whether ``replace_uses`` keeps the names of the graph's outputs."""
        if not self.is_output(old):
            return True
        return not (new.is_constant or self.is_output(new) or any(new is value for value in self.inputs))

    def is_output(self, value: Value) -> bool:
        return any(value is output for output in self.outputs)

    def replace_uses(self, old: Value, new: Value) -> None:
        """Make every reader of ``old``, the graph's outputs included, read ``new``.

        A graph output keeps its name: ``new`` takes it over.

        Raises
        ------
        PassError
            If ``new`` cannot take the name of a graph output: it is an input, a constant or an output itself.
        """
        if not self.can_replace(old, new):
            raise PassError(f"{new!r} cannot take over the name of output {old.name!r}", where=self.name)
        if self.is_output(old):
            old.name, new.name = new.name, old.name
        for node, position in list(old.uses):
            self.set_input(node, position, new)
        self.outputs = [new if value is old else value for value in self.outputs]

    def remove(self, node: Node) -> None:
        """Take out a node that nothing reads.

        Raises
        ------
        PassError
            If one of its outputs is still read.
        """
        for value in node.outputs:
            if value.uses or self.is_output(value):
                raise PassError(f"value {value.name!r} is still read", where=node.name)
        for value in node.outputs:
            self._names.discard(value.name)
            value.producer = None
        for position, read in enumerate(node.inputs):
            if read is not None:
                read.uses.remove((node, position))
        del self.nodes[self.place(node)]

    def remove_unread(self, node: Node) -> int:
        """Take out a node that nothing reads, then the nodes that only it read; how many they were."""
        count, pending = 0, [node]
        while pending:
            candidate = pending.pop()
            if candidate.removed or any(value.uses or self.is_output(value) for value in candidate.outputs):
                continue
            self.remove(candidate)
            count += 1
            pending += [value.producer for value in candidate.inputs
                        if value is not None and value.producer is not None]
        return count

    def copy(self) -> Graph:
        """Nodes and values of its own, under the same names; the arrays of constants are shared."""
        twin = Graph(self.name, symbols={name: replace(symbol) for name, symbol in self.symbols.items()},
                     preprocess=self.preprocess and replace(self.preprocess))
        values = {value: Value(value.name, value.type, array=value.array) for value in self.values()}
        nodes = {node: Node(node.op, tuple(read and values[read] for read in node.inputs), node.name)
                 for node in self.nodes}
        for node, other in nodes.items():
            other.outputs, other.expected = tuple(values[value] for value in node.outputs), node.expected
        for value, another in values.items():
            another.producer = value.producer and nodes[value.producer]
            another.quantization = value.quantization
            another.uses = [(nodes[node], position) for node, position in value.uses if node in nodes]
        twin.inputs = [values[value] for value in self.inputs]
        twin.outputs = [values[value] for value in self.outputs]
        twin.nodes = list(nodes.values())
        twin._names, twin._counts, twin._drift = set(self._names), dict(self._counts), self._drift
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Graph:
        """As ``copy``: from value to node to value, a deep graph would be too deep for Python's stack."""
        return self.copy()

    def adopt(self, other: Graph) -> None:
        """Take over the nodes and values of a graph with the same inputs and outputs; it is spent then."""
        names = [[value.name for value in values] for values in (self.inputs, self.outputs)]
        if names != [[value.name for value in values] for values in (other.inputs, other.outputs)]:
            raise PassError(f"the other graph has not the inputs and outputs {names}", where=self.name)
        self.inputs, self.outputs, self.nodes = other.inputs, other.outputs, other.nodes
        self._names, self._counts, self._drift = other._names, other._counts, other._drift

    def constants(self) -> list[Value]:
        """Constants that nodes read or that are outputs, each once, in order of first use."""
        read: Iterable[Value | None] = [value for node in self.nodes for value in node.inputs]
        return list(dict.fromkeys(v for v in [*read, *self.outputs] if v is not None and v.is_constant))

    def values(self) -> list[Value]:
        """Inputs, constants and outputs of nodes."""
        return [*self.inputs, *self.constants(), *(value for node in self.nodes for value in node.outputs)]


class Builder:
    """Adds nodes to a graph in one place: at the end, or before a node that is being replaced."""

    def __init__(self, graph: Graph, *, before: Node | None = None, name: str = "") -> None:
        self.graph = graph
        self.before = before
        self.name = name

    def add(self, op: Op, *inputs: Value | None, name: str = "") -> Value:
        """The only output of a new node."""
        outputs = self.add_all(op, *inputs, name=name)
        if len(outputs) != 1:
            raise PassError(f"{op.name} has {len(outputs)} outputs, expected 1", where=name or self.name)
        return outputs[0]

    def add_all(self, op: Op, *inputs: Value | None, name: str = "") -> tuple[Value, ...]:
        """All outputs of a new node."""
        return self.graph.add(op, inputs, name=name or self.name, before=self.before)

    def constant(self, array: Any, dtype: Any = None, name: str = "") -> Value:
        return self.graph.constant(np.asarray(array, dtype), name or self.name or "constant")
