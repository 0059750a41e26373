# SPDX-License-Identifier: Apache-2.0
"""Which layers lose channels together, and which cannot lose any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lite.convert import Convertible
from lite.errors import InputError
from lite.slim.loading import load_layers
from lite.slim.pruning.naming import layer_named
from lite.slim.pruning.rules import rule_of
from lite.slim.pruning.tracing import Layer, Trace


@dataclass(frozen=True)
class ChannelGroup:
    """Layers whose channels are pruned together.

    Attributes
    ----------
    layers : tuple of str
        Names of the outputs of the layers that make the channels, in running order.
    followers : tuple of str
        Layers that go along without channels of their own: depthwise convolutions.
    units : tuple of int
        What can be pruned: each unit is one channel, or several that go together.
    mixed_by : tuple of str
        Nodes that compute something else, and not just less, with fewer channels: norms over them, say.
    """

    layers: tuple[str, ...]
    followers: tuple[str, ...]
    units: tuple[int, ...]
    mixed_by: tuple[str, ...]


@dataclass(frozen=True)
class Dependencies:
    """What can be pruned of a model, and what not.

    Attributes
    ----------
    groups : tuple of ChannelGroup
        In running order.
    blocked : dict
        Why a layer cannot be pruned, by name of its output.
    """

    groups: tuple[ChannelGroup, ...]
    blocked: dict[str, str]
    trace: Trace

    def group_of(self, layer: str) -> ChannelGroup:
        """The group of a layer, by the name of its output, of its node or of its weights.

        Raises
        ------
        InputError
            If the layer is unknown, or cannot be pruned.
        """
        known = [name for group in self.groups for name in (*group.layers, *group.followers)]
        name = layer_named(layer, self.trace.graph, [*known, *self.blocked])
        for group in self.groups:
            if name in group.layers or name in group.followers:
                return group
        raise InputError(f"it cannot be pruned: {self.blocked[name]}", where=f"layer {layer!r}",
                         hint="slim.channel_groups(model) tells what can be")

    def __str__(self) -> str:
        lines = [f"{len(group.units):5} {', '.join((*group.layers, *group.followers))}"
                 + (f" (changes {', '.join(group.mixed_by)})" if group.mixed_by else "")
                 for group in self.groups]
        return "\n".join([*lines, *(f"    - {layer}: {why}" for layer, why in self.blocked.items())])


def channel_groups(model: Convertible) -> Dependencies:
    """Which layers of a model must lose channels together, and why others cannot lose any.

    Parameters
    ----------
    model : path, bytes, Graph, or module of to_torch

    Raises
    ------
    LiteError
        If the model cannot be read.
    """
    trace = Trace(load_layers(model))
    trace.run(rule_of)
    return Dependencies(tuple(_groups(trace)), dict(_blocked(trace)), trace)


def _groups(trace: Trace) -> list[ChannelGroup]:
    """Layers that share a unit, directly or by way of others, are a group."""
    shared: dict[int, list[str]] = defaultdict(list)
    units = {layer.name: free_units(trace, layer.ids) for layer in trace.layers.values()}
    for name, found in units.items():
        for unit in found:
            shared[int(unit)].append(name)
    groups, seen = [], set[str]()
    for name in units:
        if name in seen or not len(units[name]):
            continue
        members, waiting = set[str](), [name]
        while waiting:
            member = waiting.pop()
            if member not in members:
                members.add(member)
                waiting += {other for unit in units[member] for other in shared[int(unit)]} - members
        seen |= members
        groups.append(_group(trace, [other for other in units if other in members], units))
    return groups


def _group(trace: Trace, members: list[str], units: dict[str, np.ndarray]) -> ChannelGroup:
    own = np.unique(np.concatenate([units[name] for name in members]))
    followers = [node.output.name for node in trace.graph.nodes
                 if node.op.name in ("conv2d", "conv2d_transpose") and node.output in trace.channels
                 and node.output.name not in trace.layers
                 and _shares(trace, trace.channels[node.output].ids, own)]
    mixed = [node.name for node, ids in trace.mixed if _shares(trace, ids, own)]
    return ChannelGroup(tuple(members), tuple(followers), tuple(map(int, own)), tuple(mixed))


def _shares(trace: Trace, ids: np.ndarray, units: np.ndarray) -> bool:
    return bool(np.isin(trace.units.roots(ids), units).any())


def free_units(trace: Trace, ids: np.ndarray) -> np.ndarray:
    """The units among channels that can be pruned, each once, ascending."""
    return np.unique(trace.units.roots(ids)[trace.units.may_go(ids)])


def _blocked(trace: Trace) -> Iterable[tuple[str, str]]:
    for layer in trace.layers.values():
        if not len(free_units(trace, layer.ids)):
            yield layer.name, _reason(trace, layer)
    yield from trace.unmade.items()


def _reason(trace: Trace, layer: Layer) -> str:
    root = int(trace.units.roots(layer.ids[:1])[0])
    return trace.units.reason(root) or "all of its channels depend on each other"
