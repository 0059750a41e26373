# SPDX-License-Identifier: Apache-2.0
"""Run a graph and see its values: with the engine, or with the reference that defines its meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from lite.errors import InputError
from lite.ir import Graph, Value
from lite.ir.interpret import interpret

Run = Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]
Prepare = Callable[[Graph, Sequence[str]], Run]
ENGINES = ("native", "reference")


def run(graph: Graph, feeds: Mapping[str, np.ndarray], taps: Sequence[str] = (), *, engine: str = "native",
        threads: int = 1) -> dict[str, np.ndarray]:
    """Run a graph once.

    Parameters
    ----------
    graph : Graph
        For the engine: one whose ops all have kernels, as the passes leave it.
    feeds : mapping of input name to array
    taps : sequence of str
        Names of values inside the graph that are wanted too.
    engine : {"native", "reference"}
    threads : int
        Of the engine.

    Returns
    -------
    dict
        Outputs of the graph and tapped values by name.

    Raises
    ------
    InputError
        If feeds, taps or the engine's name are wrong.
    """
    if engine == "reference":
        return _reference(graph, feeds, taps)
    if engine == "native":
        return Executor(graph, taps, threads=threads)(feeds)
    raise InputError(f"there is no engine {engine!r}, expected one of {', '.join(ENGINES)}")


def preparer(engine: str = "native", *, threads: int = 1) -> Prepare:
    """What prepares graphs for many runs, which give outputs and tapped values by name."""
    if engine == "reference":
        return lambda graph, taps: lambda feeds: _reference(graph, feeds, taps)
    return lambda graph, taps: Executor(graph, taps, threads=threads)


class Executor:
    """The engine over one graph, for many runs.

    Parameters
    ----------
    graph : Graph
    taps : sequence of str
        Names of values inside the graph that are wanted too.
    threads : int
    copy : bool
        False gives arrays that the next run overwrites.
    """

    def __init__(self, graph: Graph, taps: Sequence[str] = (), *, threads: int = 1,
                 copy: bool = True) -> None:
        from lite.nb import writer
        from lite.session import Model

        self._copy = copy
        outputs = graph.outputs
        graph.outputs = _with_taps(graph, taps)
        try:
            self._session = Model(writer.to_bytes(graph)).session(threads=threads)
        finally:
            graph.outputs = outputs

    def __call__(self, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Outputs and tapped values by name."""
        return self._session.run(feeds, copy=self._copy)


def _with_taps(graph: Graph, taps: Sequence[str]) -> list[Value]:
    by_name = {value.name: value for value in graph.values()}
    unknown = [name for name in taps if name not in by_name]
    if unknown:
        raise InputError(f"there are no values {unknown} in the graph", where=graph.name)
    return list(dict.fromkeys([*graph.outputs, *(by_name[name] for name in taps)]))


def _reference(graph: Graph, feeds: Mapping[str, np.ndarray], taps: Sequence[str]) -> dict[str, np.ndarray]:
    wanted = {value.name for value in _with_taps(graph, taps)}
    seen = {value.name: value.array for value in graph.constants() if value.array is not None}
    seen = {name: array for name, array in {**seen, **feeds}.items() if name in wanted}

    def tap(value: Value, array: np.ndarray) -> None:
        if value.name in wanted:
            seen[value.name] = array

    outputs = interpret(graph, feeds, tap)
    return {**seen, **outputs}
