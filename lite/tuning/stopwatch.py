# SPDX-License-Identifier: Apache-2.0
"""Times on this machine: of every layer in its net, and of whole nets, in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from lite.ir import Graph, Node
from lite.profile import LayerTime, Profile
from lite.session import Model, Session

ROUNDS, RUNS, WARMUP = 7, 5, 3
MOST_LOST, CLOCK_US, FEWEST = 1.05, 20.0, 5  # of a run that counts as undisturbed, and how many of them
GUESSES = (1, 224, 16)  # for free extents: of batches, of images, of anything else

Feeds = Mapping[str, np.ndarray]


class Net:
    """A .nb ready to be timed.

    Parameters
    ----------
    nb : bytes
    graph : Graph
        What is in it.
    shapes : mapping of str to shape
        Of inputs with free extents; guessed where not given.
    threads : int
    tune_cache : path, optional
        As for ``Model.session``.
    """

    def __init__(self, nb: bytes, graph: Graph, shapes: Mapping[str, Sequence[int]], threads: int = 1,
                 tune_cache: str | None = None) -> None:
        self.nb, self.graph = nb, graph
        self.session = _session(Model(nb).session(threads, tune_cache=tune_cache), shapes)
        self.feeds = self.session.random_feeds()
        self._separate = self.session.clone(separate=True)

    def profile(self, runs: int = RUNS) -> Profile:
        """Of each layer by itself, though several may run together in the net."""
        return self._separate.profile(self.feeds, warmup=1, repeats=runs)

    def run_us(self) -> tuple[float, float]:
        """What a run takes, and how much of it this thread really ran."""
        begin, worked = time.perf_counter_ns(), time.thread_time_ns()
        self.session.run(self.feeds, copy=False)
        return (time.perf_counter_ns() - begin) / 1e3, (time.thread_time_ns() - worked) / 1e3

    def layers(self, profile: Iterable[LayerTime]) -> list[tuple[Node, LayerTime]]:
        """A profile's layers with their nodes; a node that writes nothing has no layer."""
        rest = iter(self.graph.nodes)
        found = []
        for layer in profile:
            node = next(node for node in rest if (node.name, node.op.name) == (layer.name, layer.op))
            found.append((node, layer))
        return found


def _session(session: Session, shapes: Mapping[str, Sequence[int]]) -> Session:
    planned = {}
    for info in session.inputs:
        batch, image, other = GUESSES
        guess = image if len(info.shape) == 4 else other
        planned[info.name] = tuple(shapes.get(info.name) or (
            extent if isinstance(extent, int) else guess if axis else batch
            for axis, extent in enumerate(info.shape)))
    session.resize(planned)
    return session


def layer_times(nets: Sequence[Net], rounds: int = ROUNDS) -> list[list[tuple[Node, LayerTime, float]]]:
    """Microseconds of every layer of several nets: medians over rounds in which the nets take turns."""
    profiles: list[list[Profile]] = [[] for _ in nets]
    for _ in range(rounds):
        for net, seen in zip(nets, profiles):
            seen.append(net.profile())
    results = []
    for net, seen in zip(nets, profiles):
        by_round = [[layer.median_us for layer in profile] for profile in seen]
        medians = [statistics.median(times) for times in zip(*by_round)]
        results.append([(*pair, time_us) for pair, time_us in zip(net.layers(seen[0]), medians)])
    return results


def race(nets: Sequence[Net], rounds: int = ROUNDS, runs: int = RUNS) -> list[float]:
    """Microseconds of whole nets: medians over rounds in which they take turns."""
    times: list[list[tuple[float, float]]] = [[] for _ in nets]
    for net in nets:
        for _ in range(WARMUP):
            net.run_us()
    for _ in range(rounds):
        for net, seen in zip(nets, times):
            net.run_us()  # wakes the caches
            seen += [net.run_us() for _ in range(runs)]
    return [undisturbed(seen) for seen in times]


def undisturbed(runs: Sequence[tuple[float, float]]) -> float:
    """The median of the runs that nobody interrupted; on a busy machine long ones seldom are such.

    Where these are too few, the median of how long the thread really ran.
    """
    quiet = [whole for whole, worked in runs if whole <= MOST_LOST * worked + CLOCK_US]
    return statistics.median(quiet if len(quiet) >= FEWEST else [worked for _, worked in runs])
