# SPDX-License-Identifier: Apache-2.0
"""Follow channels through a graph: which belong together, what is cut with them, and what stops them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Optional

import numpy as np

from lite.ir import Graph, Node, Op, Value
from lite.slim.pruning.units import Units

Kept = Callable[[np.ndarray], np.ndarray]  # channels -> whether each stays
Edit = Callable[[np.ndarray, Kept], np.ndarray]
Rule = Callable[["Trace", Node], Any]


@dataclass(frozen=True)
class Channels:
    """The channels of a value: the axis along which it can be cut, and what lies at each place of it."""

    axis: int
    ids: np.ndarray

    def along(self, axis: int) -> Channels:
        return Channels(axis, self.ids)


Traced = Optional[Channels]  # None: nothing of the value can be cut


@dataclass(frozen=True)
class Layer:
    """A node that makes channels of its own, by constant weights."""

    name: str
    node: Node
    weights: Value
    axis: int  # of the weights
    ids: np.ndarray


@dataclass
class Trace:
    """What is known of a graph's channels."""

    graph: Graph
    units: Units = field(default_factory=Units)
    layers: dict[str, Layer] = field(default_factory=dict)  # by name of output
    channels: dict[Value, Channels] = field(default_factory=dict)
    edits: dict[tuple[Node, int], list[Edit]] = field(default_factory=dict)  # of constants
    rewrites: dict[Node, Callable[[Kept], Op]] = field(default_factory=dict)
    mixed: list[tuple[Node, np.ndarray]] = field(default_factory=list)  # other channels' values change
    norms: list[tuple[Value, np.ndarray]] = field(default_factory=list)  # scales of batch norms
    unmade: dict[str, str] = field(default_factory=dict)  # layers without channels of their own, and why
    _why: dict[Value, str] = field(default_factory=dict)

    def of(self, node: Node, position: int = 0) -> Traced:
        """Channels of an input."""
        value = node.input(position)
        return None if value is None else self.channels.get(value)

    def made(self, node: Node, position: int, axis: int, ids: np.ndarray) -> None:
        """A layer makes new channels along an axis of its weights, which is cut with them."""
        value: Any = node.inputs[position]
        self.layers[node.output.name] = Layer(node.output.name, node, value, axis, ids)
        self.cut(node, position, axis, ids)

    def cut(self, node: Node, position: int, axis: int, ids: np.ndarray) -> None:
        """Where channels go, their places along an axis of a constant go, too."""
        value = node.input(position)
        if value is None:
            return
        if not value.is_constant:
            self.stay(node, ids, f"reads {value.name!r} along them, which is no constant")
            return
        self.edit(node, position, lambda array, kept: np.compress(kept(ids), array, axis))

    def edit(self, node: Node, position: int, edit: Edit) -> None:
        """A constant of a node changes with what stays."""
        self.edits.setdefault((node, position), []).append(edit)

    def stay(self, node: Node, what: Traced | np.ndarray, words: str) -> None:
        """Channels cannot be pruned because of a node."""
        if what is not None:
            ids = what.ids if isinstance(what, Channels) else what
            self.units.stay(ids, f"{node.name} ({node.op.name}) {words}")

    def stay_all(self, node: Node, words: str) -> None:
        """Nothing that a node reads can be pruned."""
        for position in range(len(node.inputs)):
            self.stay(node, self.of(node, position), words)

    def why_fixed(self, value: Value) -> str:
        """Why nothing of a value can be cut, in words."""
        return self._why.get(value, f"{value.name!r} has no channels of its own")

    def run(self, rule_of: Callable[[Node], Rule | None]) -> None:
        """Follow all channels from where they are made."""
        self._why.update({value: f"{value.name!r} is an input of the model" for value in self.graph.inputs})
        for node in self.graph.nodes:
            self._follow(node, rule_of(node))
        for value in self.graph.outputs:
            if value in self.channels:
                self.units.stay(self.channels[value].ids, f"{value.name!r} is an output of the model")
        self._demand_several()

    def _follow(self, node: Node, rule: Rule | None) -> None:
        if rule is None:
            self.stay_all(node, "has no rule for pruning")
            outputs: Any = None
        else:
            outputs = rule(self, node)
        rows = outputs if isinstance(outputs, list) else [outputs] * len(node.outputs)
        for value, channels in zip(node.outputs, rows):
            if channels is not None and len(channels.ids) > 1:
                self.channels[value] = channels
            else:
                self.stay(node, channels, f"makes {value.name!r} with one channel only")
                self._why[value] = self._why_made(node)

    def _why_made(self, node: Node) -> str:
        """The first reason among the inputs, or where the value comes from."""
        known = [self._why[value] for value in node.inputs if value is not None and value in self._why]
        return known[0] if known else f"it is made by {node.name} ({node.op.name})"

    def _demand_several(self) -> None:
        """Channels that depend on each other throughout a value can only stay: none would be left."""
        for value, channels in self.channels.items():
            roots = self.units.roots(channels.ids)
            if np.all(roots == roots[0]):
                self.units.stay(roots[:1], f"all channels of {value.name!r} depend on each other")
