# SPDX-License-Identifier: Apache-2.0
"""Calibration: run a graph over samples, one at a time, and let watchers see the values they asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np

from lite.errors import CalibrationError, LiteError
from lite.ir import Graph
from lite.quant.samples import Samples

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
    run = make_executor(graph, [name for name in watches if name not in inputs and name not in constants])
    count = 0
    for feeds in samples:
        count += 1
        tell(f"calibrating, sample {count}" + (f" of {samples.count}" if samples.count else ""))
        try:
            seen = run(feeds)
            for name, watchers in watches.items():
                if name not in constants:
                    _show(name, feeds[name] if name in inputs else seen[name], watchers)
        except LiteError as error:
            error.where = f"calibration sample {count - 1}" + (f", {error.where}" if error.where else "")
            raise
    if not count:
        raise CalibrationError("the calibration data is empty", where="data")
    return count


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
