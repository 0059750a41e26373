# SPDX-License-Identifier: Apache-2.0
"""Channels pruned by ratios: the least important units of each group go, in all of its layers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Union

import numpy as np

from lite.convert import Convertible
from lite.errors import InputError
from lite.ir import Graph
from lite.slim.pruning.criteria import BATCH_NORM_SCALE, importance, least_important
from lite.slim.pruning.groups import ChannelGroup, Dependencies, channel_groups
from lite.slim.pruning.rebuilding import rebuilt
from lite.slim.pruning.tracing import Trace

Ratios = Union[float, Mapping[str, float]]


def prune_channels(model: Convertible, ratios: Ratios, criterion: str = "l1_norm", *,
                   skip: Iterable[str] = ()) -> Graph:
    """A model with fewer channels: weights are cut, and shapes inferred anew.

    Channels that are added, joined or multiplied go together; the importance of such a unit is the mean over
    its layers, each taken relative to its own mean.

    Parameters
    ----------
    model : path, bytes, Graph, or module of to_torch
    ratios : float, or mapping of layer to float
        The part of channels that goes, 0 <= ratio < 1: one for all that can be pruned, or by names of layers
        (of their outputs, nodes or weights), each for the whole group of the layer.
    criterion : {"l0_norm", "l1_norm", "l2_norm", "geometry_median", "bn_scale"}
        As of ``importance``; ``bn_scale`` is the size of the scales of the batch norms behind.
    skip : iterable of str
        Layers whose groups are not pruned if there is one ratio for all.

    Returns
    -------
    Graph
        Which ``to_torch`` and ``convert`` take.

    Raises
    ------
    InputError
        If a layer is unknown or cannot be pruned, or a ratio or criterion is wrong.
    """
    return Pruner(model, criterion).pruned(ratios, skip)


class Pruner:
    """A model that is pruned again and again: channels are followed, and rated, once."""

    def __init__(self, model: Convertible, criterion: str = "l1_norm") -> None:
        self.dependencies: Dependencies = channel_groups(model)
        self._trace = self.dependencies.trace
        self._criterion = criterion
        self._scores: dict[ChannelGroup, np.ndarray] = {}
        self._values = _values_by_unit(self._trace)

    def pruned(self, ratios: Ratios, skip: Iterable[str] = ()) -> Graph:
        """As ``prune_channels``."""
        removed = np.zeros(len(self._trace.units), bool)
        for group, ratio in self._by_group(ratios, skip).items():
            removed[self._least(group, ratio)] = True
        everything = np.arange(len(removed))
        return rebuilt(self._trace, removed[self._trace.units.roots(everything)])

    def _by_group(self, ratios: Ratios, skip: Iterable[str]) -> dict[ChannelGroup, float]:
        dependencies = self.dependencies
        if not isinstance(ratios, Mapping):
            demand_ratio(ratios, "ratios")
            skipped = {dependencies.group_of(layer) for layer in skip}
            return {group: ratios for group in dependencies.groups if group not in skipped}
        found: dict[ChannelGroup, tuple[str, float]] = {}
        for layer, ratio in ratios.items():
            demand_ratio(ratio, f"layer {layer!r}")
            group = dependencies.group_of(layer)
            other, before = found.setdefault(group, (layer, ratio))
            if before != ratio:
                raise InputError(f"its ratio is {ratio}, but it goes with {other!r}, whose ratio is {before}",
                                 where=f"layer {layer!r}", hint="name one of them")
        return {group: ratio for group, (_, ratio) in found.items()}

    def _least(self, group: ChannelGroup, ratio: float) -> list[int]:
        """The units that go: of each value that they are channels of, one at least stays."""
        units, scores = np.array(group.units), self._scored(group)
        wanted = len(least_important(scores, ratio))
        left = {place: count for unit in group.units for place, count in self._values[unit]}
        chosen: list[int] = []
        for unit in units[np.argsort(scores, kind="stable")].tolist():
            places = [place for place, _ in self._values[unit]]
            if len(chosen) < wanted and all(left[place] > 1 for place in places):
                chosen.append(unit)
                left.update({place: left[place] - 1 for place in places})
        return chosen

    def _scored(self, group: ChannelGroup) -> np.ndarray:
        if group not in self._scores:
            self._scores[group] = _scores(self._trace, group, self._criterion)
        return self._scores[group]


def _values_by_unit(trace: Trace) -> dict[int, list[tuple[int, int]]]:
    """The values that a unit is in, each with the number of units that it is made of."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    known = set()
    for place, channels in enumerate(trace.channels.values()):
        units = np.unique(trace.units.roots(channels.ids))
        if units.tobytes() not in known:
            known.add(units.tobytes())
            for unit in units.tolist():
                found[unit].append((place, len(units)))
    return found


def _scores(trace: Trace, group: ChannelGroup, criterion: str) -> np.ndarray:
    """A number for each unit, the mean over those of its channels' weights."""
    total, count = np.zeros(len(trace.units)), np.zeros(len(trace.units))
    for weights, axis, ids in _rated(trace, group, criterion):
        scores, units = importance(weights, criterion, axis=axis), trace.units.roots(ids)
        np.add.at(total, units, scores / (scores.mean() or 1.0))
        np.add.at(count, units, 1)
    units = np.array(group.units)
    if not count[units].all():
        raise InputError("no batch norm scales all of its channels, which criterion 'bn_scale' looks at",
                         where=f"layer {group.layers[0]!r}", hint="use 'l1_norm'")
    means: np.ndarray = total[units] / count[units]
    return means


def _rated(trace: Trace, group: ChannelGroup, criterion: str) -> list[tuple[np.ndarray, int, np.ndarray]]:
    """The arrays that say how important channels of a group are, the axis of the channels, and these."""
    if criterion != BATCH_NORM_SCALE:
        return [(np.asarray(layer.weights.array), layer.axis, layer.ids)
                for layer in map(trace.layers.__getitem__, group.layers)]
    return [(np.asarray(scale.array), 0, ids) for scale, ids in trace.norms
            if np.isin(trace.units.roots(ids), group.units).any()]


def demand_ratio(ratio: object, where: str) -> None:
    """Refuse what is no part of channels that may go."""
    if isinstance(ratio, bool) or not isinstance(ratio, (int, float, np.floating)) or not 0 <= ratio < 1:
        raise InputError(f"the ratio is {ratio!r}, expected 0 <= ratio < 1", where=where)
