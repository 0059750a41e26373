# SPDX-License-Identifier: Apache-2.0
"""Calibration: run a graph over samples, one at a time, and let watchers see the values they asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np

from lite.errors import CalibrationError, LiteError
from lite.ir import Graph
from lite.ir.dim import evaluate
from lite.ir.interpret import bind
from lite.quant.samples import Samples

TAPPED_BYTES = 256 << 20
Watch = Callable[[np.ndarray], None]
Watches = Mapping[str, Sequence[Watch]]  # by name of the value
Run = Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]
Progress = Callable[[str], None]


class MakeExecutor(Protocol):
    """Prepares a graph for many runs that give its outputs and the tapped values by name.

    The arrays may be overwritten by the next run.
    """

    def __call__(self, graph: Graph, taps: Sequence[str]) -> Run: ...


def calibrate(graph: Graph, samples: Samples, make_executor: MakeExecutor, watches: Watches,
              tell: Progress) -> int:
    """Show every watcher its value in each sample. Memory does not depend on the number of samples.

    Values of more than TAPPED_BYTES together are seen in several runs of a sample.

    Returns
    -------
    int
        How many samples there were.

    Raises
    ------
    CalibrationError
        If there was none, or a watcher refuses what it sees.
    """
    inputs = {value.name for value in graph.inputs}
    constants = {value.name: value.array for value in graph.constants()}
    for name in set(watches) & set(constants):
        _show(name, constants[name], watches[name])
    taps = [name for name in watches if name not in inputs and name not in constants]
    runs: list[tuple[Run, list[str]]] = []
    count = 0
    for feeds in samples:
        count += 1
        tell(f"calibrating, sample {count}" + (f" of {samples.count}" if samples.count else ""))
        runs = runs or [(make_executor(graph, part), part) for part in _portions(graph, taps, feeds)]
        try:
            for name in inputs & set(watches):
                _show(name, feeds[name], watches[name])
            for run, part in runs:
                seen = run(feeds)
                for name in part:
                    _show(name, seen[name], watches[name])
        except LiteError as error:
            error.where = f"calibration sample {count - 1}" + (f", {error.where}" if error.where else "")
            raise
    if not count:
        raise CalibrationError("the calibration data is empty", where="data")
    return count


def _portions(graph: Graph, taps: Sequence[str], feeds: Mapping[str, np.ndarray]) -> list[list[str]]:
    """Names in parts whose values are small enough together; at least one part."""
    extents = bind(graph, feeds)
    types = {value.name: value.type for value in graph.values()}
    parts: list[list[str]] = [[]]
    filled = 0
    for name in taps:
        size_bytes = types[name].dtype.size_bytes
        for extent in types[name].shape:
            size_bytes *= evaluate(extent, extents)
        if parts[-1] and filled + size_bytes > TAPPED_BYTES:
            parts.append([])
            filled = 0
        parts[-1].append(name)
        filled += size_bytes
    return parts


def merged(parts: Iterable[Mapping[str, Watch]]) -> dict[str, list[Watch]]:
    """Watchers of several parties, by name of the value."""
    together: dict[str, list[Watch]] = {}
    for part in parts:
        for name, watch in part.items():
            together.setdefault(name, []).append(watch)
    return together


def _show(name: str, array: np.ndarray | None, watchers: Iterable[Watch]) -> None:
    assert array is not None
    for watch in watchers:
        try:
            watch(array)
        except LiteError as error:
            error.where = f"value {name!r}" + (f", {error.where}" if error.where else "")
            raise
