# SPDX-License-Identifier: Apache-2.0
"""Layer by layer: how far the values of one graph are from those of another.

Cumulative: both run from the same inputs. Isolated: each layer of B reads what A has there (quantized, if B
reads integers), so that only its own error shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lite.compare.histograms import LayerHistograms, layer_histograms
from lite.compare.isolate import Apart, taken_apart
from lite.compare.places import Place, places_of
from lite.errors import InputError
from lite.ir import Graph, Value
from lite.ir.distance import Distance
from lite.ir.interpret import bind

Arrays = dict[str, np.ndarray]
Run = Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]
Prepare = Callable[[Graph, Sequence[str]], Run]
MOST_WORST = 3


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two models.

    Parameters
    ----------
    graph : Graph
    label : str
        What the results call it.
    prepare : callable(graph, taps)
        Prepares a graph for runs that give its outputs and the tapped values by name.
    engine : {"native", "reference"}
        What that runs it with, for the results.
    """

    graph: Graph
    label: str
    prepare: Prepare
    engine: str = "native"


@dataclass
class Row:
    """A value that both models have.

    Attributes
    ----------
    name : str
        In the source model.
    op : str
        What makes it in A.
    shape : tuple of int
        In A, of the last sample.
    stored : str
        Its element type in B.
    cumulative, isolated : Distance
        Isolated is None where a layer's own error cannot be told: nothing it reads is in A.
    histograms : LayerHistograms, optional
    """

    name: str
    op: str
    shape: tuple[int, ...]
    stored: str
    is_output: bool
    cumulative: Distance = field(default_factory=Distance)
    isolated: Distance | None = None
    histograms: LayerHistograms | None = None

    def to_dict(self) -> dict[str, Any]:
        isolated = self.isolated.figures() if self.isolated is not None else None
        return {"name": self.name, "op": self.op, "shape": list(self.shape), "stored": self.stored,
                "is_output": self.is_output, **self.cumulative.figures(), "isolated": isolated}


@dataclass
class Comparison:
    """What came out, in the order of A."""

    a: str
    b: str
    engines: tuple[str, str]
    rows: list[Row]
    samples: int
    not_in_b: list[str]
    not_in_a: list[str]

    @property
    def worst_output(self) -> float:
        """The greatest error of an output over its range; infinite if B has none of A's outputs."""
        return max((row.cumulative.error_ratio for row in self.rows if row.is_output), default=float("inf"))

    def worst(self, count: int = MOST_WORST) -> list[Row]:
        """The layers that add most noise of their own; those that add none are left out."""
        noisy = [row for row in self.rows if row.isolated is not None and row.isolated.noise]
        return sorted(noisy, key=lambda row: row.isolated.sqnr_db if row.isolated else 0.0)[:count]

    def verdict(self, tolerance: float | None = None) -> str:
        """One line: the worst layers, and whether the outputs are as they should be."""
        named = [f"{row.name} ({row.isolated.sqnr_db:.1f} dB)" for row in self.worst() if row.isolated]
        layers = f"worst layers: {', '.join(named)}; " if named else "no layer adds an error of its own; "
        outputs = f"worst output: off by {self.worst_output:.1e} of its range"
        if tolerance is None:
            return layers + outputs
        return f"{layers}{outputs}, {'within' if self.worst_output <= tolerance else 'beyond'} {tolerance:g}"

    def to_dict(self) -> dict[str, Any]:
        """All of it in plain types, for JSON."""
        return {"a": self.a, "b": self.b, "engines": dict(zip("ab", self.engines)), "samples": self.samples,
                "values": [row.to_dict() for row in self.rows], "not_in_b": self.not_in_b,
                "not_in_a": self.not_in_a, "worst_output": self.worst_output,
                "worst_layers": [row.name for row in self.worst()]}


def compare(a: Side, b: Side, samples: Iterable[Mapping[str, np.ndarray]], *, isolated: bool = True,
            histograms: bool = False, progress: Callable[[str], None] = lambda message: None) -> Comparison:
    """Run two models on the same inputs.

    Parameters
    ----------
    a, b : Side
        B is held against A.
    samples : iterable of dict of str to array
        Inputs of A; seen one at a time.
    isolated : bool
        Also feed each layer of B with A's values.
    histograms : bool
        Also count weights and activations.

    Raises
    ------
    InputError
        If there are no samples, or the models have no value in common.
    """
    work = _Work(a, b, isolated, histograms)
    for count, feeds in enumerate(samples, start=1):
        progress(f"sample {count}")
        work.add(feeds)
    return work.finished()


class _Work:
    def __init__(self, a: Side, b: Side, isolated: bool, histograms: bool) -> None:
        self.a, self.b = a, b
        self.is_isolated, self.with_histograms = isolated, histograms
        self.places = {side: places_of(side.graph) for side in (a, b)}
        self.made = {side: _made(self.places[side]) for side in (a, b)}
        self.runs = {side: side.prepare(side.graph, [place.value.name for place in self.made[side].values()])
                     for side in (a, b)}
        self.outputs = {place.name for value, place in self.places[a].items() if a.graph.is_output(value)}
        self.apart: dict[tuple[tuple[int, ...], ...], tuple[Apart, Run]] = {}
        self.rows: dict[str, Row] = {}
        self.samples = 0

    def add(self, feeds: Mapping[str, np.ndarray]) -> None:
        expected, found = self._values(self.a, feeds), self._values(self.b, feeds)
        self.samples += 1
        for name, array in expected.items():
            if name in found and _alike(array, found[name]):
                if name not in self.rows:
                    self.rows[name] = self._row(name, array)
                row = self.rows[name]
                row.cumulative.add(array, found[name])
                if row.histograms is not None:
                    row.histograms.activations.add(array)
        if self.is_isolated:
            inputs = {**_by_name(self.b, feeds), **_by_name(self.a, feeds)}
            self._add_isolated({**inputs, **expected}, feeds)

    def _values(self, side: Side, feeds: Mapping[str, np.ndarray]) -> Arrays:
        """All that a side's nodes make, in reals, by name in the source model."""
        with np.errstate(all="ignore"):
            results = self.runs[side](_by_name(side, feeds))
        return {name: place.decoded(results[place.value.name]) for name, place in self.made[side].items()}

    def _row(self, name: str, array: np.ndarray) -> Row:
        ours, theirs = self.made[self.a][name], self.made[self.b][name]
        maker = ours.value.producer
        row = Row(name, maker.op.name if maker else "", array.shape, theirs.value.type.dtype.value,
                  name in self.outputs)
        if self.with_histograms:
            row.histograms = layer_histograms(array, ours, theirs, self.places[self.b])
        return row

    def _add_isolated(self, expected: Arrays, feeds: Mapping[str, np.ndarray]) -> None:
        apart, run = self._pieces(expected, feeds)
        with np.errstate(all="ignore"):
            results = run({name: place.encoded(expected[place.name]) for name, place in apart.fed.items()})
        latest = {place.name: (output, place) for output, place in apart.made.items()}
        for name, (output, place) in latest.items():
            if name in self.rows:
                row = self.rows[name]
                row.isolated = row.isolated or Distance()
                row.isolated.add(expected[name], place.decoded(results[output]))

    def _pieces(self, expected: Arrays, feeds: Mapping[str, np.ndarray]) -> tuple[Apart, Run]:
        """B in pieces; made once for each set of input shapes."""
        shapes = tuple(np.shape(feeds[name]) for name in sorted(feeds))
        if shapes not in self.apart:
            known = {value: place for value, place in self.places[self.b].items()
                     if (place.name in self.rows or value.producer is None) and _fits(place, expected)}
            symbols = bind(self.b.graph, _by_name(self.b, feeds))
            apart = taken_apart(self.b.graph, known, symbols)
            self.apart[shapes] = apart, self.b.prepare(apart.graph, [])
        return self.apart[shapes]

    def finished(self) -> Comparison:
        if not self.samples:
            raise InputError("there are no samples to compare the models on")
        if not self.rows:
            raise InputError("the two models have no value of the same name and size",
                             where=f"{self.a.label}, {self.b.label}")
        order = [name for name in self.made[self.a] if name in self.rows]
        return Comparison(self.a.label, self.b.label, (self.a.engine, self.b.engine),
                          [self.rows[name] for name in order], self.samples,
                          sorted(set(self.made[self.a]) - set(order)),
                          sorted(set(self.made[self.b]) - set(order)))


def _made(places: Mapping[Value, Place]) -> dict[str, Place]:
    """What nodes make, by name in the source model: of values with one name, the last."""
    return {place.name: place for value, place in places.items() if value.producer is not None}


def _alike(expected: np.ndarray, found: np.ndarray) -> bool:
    """Whether two arrays can be held against each other: integers of unknown meaning cannot."""
    return expected.shape == found.shape and (expected.dtype.kind == "f") == (found.dtype.kind == "f")


def _fits(place: Place, expected: Arrays) -> bool:
    """Whether A's value can be put in the place of B's."""
    array = expected.get(place.name)
    if array is None or array.ndim != len(place.order):
        return False
    return place.quantization is not None or place.value.type.dtype.is_float == (array.dtype.kind == "f")


def _by_name(side: Side, feeds: Mapping[str, np.ndarray]) -> Arrays:
    """Feeds by the names of a side's inputs; where those differ, by position."""
    names = [value.name for value in side.graph.inputs]
    if set(names) == set(feeds):
        return dict(feeds)
    if len(names) != len(feeds):
        raise InputError(f"it has the inputs {names}, the other model has {list(feeds)}", where=side.label)
    return dict(zip(names, feeds.values()))
