# SPDX-License-Identifier: Apache-2.0
"""Images lie as NHWC, and as few transposes as can be stand where that begins and ends.

The graph is built anew, node by node. Every value may lie in several ways (``forms``): an op over images
asks for NHWC and gives NHWC; an op that does not care runs on whatever its inputs have (``axes``); a
transpose only renames the axes of what is there; an op that cares asks for the order it was written for.
A transpose is made when a form is asked for that is not there, and so sinks as far as it can.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from lite.ir import Graph, Node, Op, Value
from lite.ops.identity import Identity
from lite.ops.matmul import Matmul
from lite.ops.reshape import Reshape
from lite.ops.transpose import Transpose
from lite.passes.axes import (
    NHWC,
    Perm,
    between,
    guides,
    identity,
    is_elementwise,
    keeps_order,
    moved,
    permuted,
    regrouped,
)
from lite.passes.pattern import nominal_size
from lite.passes.rule import Log, Pass

ABSORBING = frozenset({"transpose", "reshape", "matmul"})  # what may take a transpose in


LYING = {"nhwc": NHWC, "nchw": between(NHWC, (0, 1, 2, 3))}  # how images lie that are meant the other way


def is_spatial(node: Node, layout: str = "nhwc") -> bool:
    """Whether an op works on images that do not lie in a layout yet."""
    return bool(node.op.attributes().get("layout", layout) != layout)


def image_inputs(node: Node) -> tuple[int, ...]:
    """Positions of the inputs of a spatial op that are images."""
    return (0, 3) if node.op.name == "conv2d" else (0,)


class ToNhwc(Pass):
    """Turns every op over images to layout="nhwc"; inputs and outputs of the graph stay as they are."""

    name = "to_nhwc"
    layout = "nhwc"

    def run(self, graph: Graph, log: Log) -> None:
        count = sum(is_spatial(node, self.layout) for node in graph.nodes)
        if count:
            graph.adopt(_rebuilt(graph, self.layout))
            log.changes[self.name] = count
        while _moves(better := _rebuilt(graph, self.layout)) < _moves(graph):
            graph.adopt(better)
            log.changes["fewer_transposes"] += 1

    def after(self, graph: Graph) -> Iterable[str]:
        for node in graph.nodes:
            if is_spatial(node, self.layout):
                yield f"{node.op.name} at {node.name} is not {self.layout.upper()}"


def _moves(graph: Graph) -> tuple[int, int]:
    """Number of transposes, and of those with reshapes."""
    transposes = sum(isinstance(node.op, Transpose) for node in graph.nodes)
    return transposes, transposes + sum(isinstance(node.op, Reshape) for node in graph.nodes)


def _rebuilt(graph: Graph, layout: str) -> Graph:
    rebuilder = _Rebuilder(graph, layout)
    for node in graph.nodes:
        rebuilder.node(node)
    return rebuilder.finished()


class _Rebuilder:
    """The new graph, and how each value of the old one lies in it."""

    def __init__(self, old: Graph, layout: str) -> None:
        self.old = old
        self.layout = layout
        self.new = Graph(old.name, symbols=old.symbols, preprocess=old.preprocess)
        self.forms: dict[Value, dict[Perm, Value]] = {}
        self.shuffled: dict[Value, np.ndarray] = {}  # last axes whose elements lie in this order
        self.leaning = _leaning(old, layout)
        for value in old.inputs:
            self.forms[value] = {identity(value.type.rank): self.new.add_input(value.name, value.type)}

    def node(self, node: Node) -> None:
        if is_spatial(node, self.layout):
            self._spatial(node)
        elif isinstance(node.op, Transpose):
            self._transpose(node)
        elif isinstance(node.op, Reshape):
            self._reshape(node)
        elif isinstance(node.op, Matmul):
            self._matmul(node)
        elif node.inputs and node.inputs[0] in self.shuffled:
            self._permuted_weights(node)
        elif not self._follow(node):
            self._as_written(node)

    # forms

    def form(self, value: Value, perm: Perm) -> Value:
        """The value lying as ``perm``; made from another form if it is not there."""
        forms = self.forms.setdefault(value, {})
        if perm not in forms:
            forms[perm] = self._constant(value, perm) if value.is_constant else self._turned(value, perm)
        return forms[perm]

    def _constant(self, value: Value, perm: Perm) -> Value:
        assert value.array is not None
        plain = perm == identity(value.type.rank)
        array = value.array if plain else _contiguous(value.array.transpose(perm))
        return self.new.constant(array, value.name)

    def _turned(self, value: Value, perm: Perm) -> Value:
        forms, shape = self.forms[value], value.type.shape
        for stored, made in forms.items():
            if keeps_order(stored, perm, shape):
                return self._add(Reshape(permuted(shape, perm)), [made], value, perm)
        stored, made = next(iter(forms.items()))
        return self._add(Transpose(between(stored, perm)), [made], value, perm)

    def _add(self, op: Transpose | Reshape, inputs: Sequence[Value], value: Value, perm: Perm) -> Value:
        name = value.producer.name if value.producer is not None else value.name
        return self.new.add(op, inputs, name=name, outputs=[_form_name(value, perm)])[0]

    def _as_meant(self, value: Value | None) -> Value | None:
        return None if value is None else self.form(value, identity(value.type.rank))

    def _give(self, node: Node, op: Op, inputs: Sequence[Value | None], *perms: Perm) -> None:
        """Add a node whose outputs lie as ``perms``; as they are meant if left out."""
        perms = perms or tuple(identity(value.type.rank) for value in node.outputs)
        names = [_form_name(value, perm) for value, perm in zip(node.outputs, perms)]
        made = self.new.add(op, inputs, name=node.name, outputs=names)
        for value, perm, result in zip(node.outputs, perms, made):
            self.forms[value] = {perm: result}

    # kinds of nodes

    def _as_written(self, node: Node) -> None:
        self._give(node, node.op, [self._as_meant(value) for value in node.inputs])

    def _spatial(self, node: Node) -> None:
        images, lying = image_inputs(node), LYING[self.layout]
        inputs = [self.form(value, lying) if value and position in images else self._as_meant(value)
                  for position, value in enumerate(node.inputs)]
        self._give(node, node.op.replace(layout=self.layout), inputs, lying)

    def _transpose(self, node: Node) -> None:
        x, y = node.inputs[0], node.output
        assert x is not None and isinstance(node.op, Transpose)
        perm = node.op.perm
        if self._stays(node):
            self._as_written(node)
            return
        if x.array is not None:
            self.form(x, identity(x.type.rank))
        self.forms[y] = {between(perm, stored): made for stored, made in self.forms[x].items()}

    def _stays(self, node: Node) -> bool:
        """Whether a transpose of the model is best left where it is: nothing will take it in."""
        x, y = node.inputs[0], node.output
        assert x is not None
        forms = self.forms.get(x, {})
        if self.leaning.get(y) or identity(x.type.rank) not in forms or node.op.attributes()["perm"] in forms:
            return False
        return self.old.is_output(y) or any(user.op.name not in ABSORBING for user in y.users)

    def _reshape(self, node: Node) -> None:
        x, y = node.inputs[0], node.output
        assert x is not None
        if x.array is not None:
            self.form(x, identity(x.type.rank))
        by_preference = sorted(self.forms[x].items(), key=lambda item: item[0] != identity(x.type.rank))
        for stored, made in by_preference:
            perm = regrouped(x.type.shape, y.type.shape, stored)
            if perm is not None:
                self._give(node, Reshape(permuted(y.type.shape, perm)), [made], perm)
                return
        if not self._shuffle(node, *by_preference[0]):
            self._give(node, Reshape(y.type.shape), [self._as_meant(x)])

    def _shuffle(self, node: Node, stored: Perm, made: Value) -> bool:
        """Leave the last axis of a flattened value in the order in which it lies, if weights can follow."""
        x, y = node.inputs[0], node.output
        assert x is not None
        readers = y.uses and all(_takes_any_order(reader, position) for reader, position in y.uses)
        if y.type.rank == 0 or self.old.is_output(y) or not readers:
            return False
        kept = y.type.rank - 1  # the axes before the flattened ones
        extents = [extent for extent in x.type.shape[kept:] if isinstance(extent, int)]
        if x.type.shape[:kept] != y.type.shape[:kept] or stored[:kept] != identity(kept) or \
                len(extents) != x.type.rank - kept:
            return False
        positions = np.arange(math.prod(extents)).reshape(extents)
        self.shuffled[y] = positions.transpose([axis - kept for axis in stored[kept:]]).reshape(-1)
        self._give(node, Reshape(y.type.shape), [made])
        self.new.rename(self.forms[y][identity(y.type.rank)], f"{y.name}:shuffled")
        return True

    def _permuted_weights(self, node: Node) -> None:
        x, w, *rest = node.inputs
        assert x is not None and w is not None and w.array is not None
        weights = self.new.constant(_contiguous(w.array[self.shuffled[x]]), w.name)
        self._give(node, node.op, [self._as_meant(x), weights, *map(self._as_meant, rest)])

    def _matmul(self, node: Node) -> None:
        op = node.op
        assert isinstance(op, Matmul)
        (a, turned_a), (b, turned_b) = (self._side(value) for value in node.inputs[:2] if value is not None)
        rest = map(self._as_meant, node.inputs[2:])
        self._give(node, Matmul(op.transpose_a != turned_a, op.transpose_b != turned_b), [a, b, *rest])

    def _side(self, value: Value) -> tuple[Value, bool]:
        """One side of a product, and whether its last two axes are swapped."""
        rank = value.type.rank
        plain = identity(rank)
        swapped = (*plain[:-2], rank - 1, rank - 2) if rank > 1 else plain
        forms = self.forms.get(value, {})
        if plain not in forms and swapped in forms:
            return forms[swapped], True
        return self.form(value, plain), False

    # ops that do not care

    def _follow(self, node: Node) -> bool:
        """Let a node run on its inputs as they lie; False if it cannot."""
        leaders = [node.inputs[position] for position in guides(node)]
        values = [value for value in leaders if value is not None]
        for perm in self._by_cost(values, node):
            result = moved(node, perm)
            if result is not None:
                inputs = [self._operand(node, position, perm) for position in range(len(node.inputs))]
                self._give(node, result.op, inputs, *result.perms)
                return True
        return False

    def _by_cost(self, values: list[Value], node: Node) -> list[Perm]:
        """How values of equal rank lie or could lie, the cheapest way first."""
        if not values:
            return []
        plain = identity(values[0].type.rank)
        leans = self.leaning.get(node.outputs[0]) and len(plain) == 4
        wish = LYING[self.layout] if leans else plain
        known = dict.fromkeys(perm for value in values for perm in self.forms.get(value, {}))
        return sorted([*known, *([] if plain in known else [plain])],
                      key=lambda perm: (self._cost(values, perm), perm != wish))

    def _cost(self, values: list[Value], perm: Perm) -> int:
        """Elements to move before all values lie as ``perm``."""
        to_move = [value for value in dict.fromkeys(values) if not value.is_constant and not any(
            keeps_order(stored, perm, value.type.shape) for stored in self.forms[value])]
        return sum(map(nominal_size, to_move))

    def _operand(self, node: Node, position: int, perm: Perm) -> Value | None:
        """An input of a node whose leading inputs lie as ``perm``."""
        value = node.inputs[position]
        if value is None:
            return None
        if is_elementwise(node.op):
            whole = any(other.type.rank == len(perm) for other in node.inputs
                        if other is not None and not other.is_constant)
            if value.array is not None and whole:
                return self._narrow(value, value.array, perm)
            if value.type.rank < len(perm):
                return self._widened(node, value, perm)
            return self.form(value, perm)
        return self.form(value, perm) if position in guides(node) else self._as_meant(value)

    def _narrow(self, value: Value, array: np.ndarray, perm: Perm) -> Value:
        """A constant that another operand broadcasts: without leading extents of 1."""
        lying = array.reshape((1,) * (len(perm) - array.ndim) + array.shape).transpose(perm)
        while lying.ndim and lying.shape[0] == 1:
            lying = lying[0]
        if lying.shape == array.shape and perm == identity(len(perm)):
            return self.form(value, identity(array.ndim))
        return self.new.constant(_contiguous(lying), value.name)

    def _widened(self, node: Node, value: Value, perm: Perm) -> Value:
        """An operand of smaller rank: with as many axes as the others, unless it broadcasts as it is."""
        plain = self.form(value, identity(value.type.rank))
        missing = len(perm) - value.type.rank
        if perm[missing:] == identity(len(perm))[missing:] or all(extent == 1 for extent in value.type.shape):
            return plain
        full = (1,) * missing + value.type.shape
        if keeps_order(identity(len(perm)), perm, full):
            return self.new.add(Reshape(permuted(full, perm)), [plain], name=node.name)[0]
        (wide,) = self.new.add(Reshape(full), [plain], name=node.name)
        return self.new.add(Transpose(perm), [wide], name=node.name)[0]

    # the end

    def finished(self) -> Graph:
        """The new graph, with the outputs of the old one."""
        for value in self.old.outputs:
            made = self.form(value, identity(value.type.rank))
            borrowed = made.is_constant or any(made is x for x in self.new.inputs)
            if self.new.is_output(made) or (borrowed and made.name != value.name):
                (made,) = self.new.add(Identity(), [made], name=value.name, outputs=[value.name])
            elif made.name != value.name:
                self.new.claim_name(made, value.name)
            self.new.outputs.append(made)
        return self.new


def _contiguous(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array).reshape(array.shape)


def _form_name(value: Value, perm: Perm) -> str:
    """x is called x as it was written; x:0231 is x with its axes in this order."""
    name, _, lying = value.name.rpartition(":")
    if name and sorted(lying) == [str(axis) for axis in range(value.type.rank)]:  # it is such a form itself
        perm = tuple(int(lying[axis]) for axis in perm)
    else:
        name = value.name
    return name if perm == identity(len(perm)) else f"{name}:{''.join(map(str, perm))}"


def _takes_any_order(reader: Node, position: int) -> bool:
    """Whether a node reads a value through constant weights, whose rows can follow any order."""
    w = reader.input(1)
    return reader.op.name == "fully_connected" and position == 0 and w is not None and w.is_constant


def _leaning(graph: Graph, layout: str) -> dict[Value, bool]:
    """Values that reach an op over images through ops that do not care: they had better lie as it wants."""
    leaning: dict[Value, bool] = {}
    for node in reversed(graph.nodes):
        if is_spatial(node, layout):
            read: Sequence[int] = image_inputs(node)
        elif any(leaning.get(value) for value in node.outputs):
            read = guides(node)
        else:
            continue
        for position in read:
            value = node.input(position)
            if value is not None:
                leaning[value] = True
    return leaning
