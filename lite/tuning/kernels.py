# SPDX-License-Identifier: Apache-2.0
"""Which kernel each layer of a net runs fastest with on this machine, and the cache that remembers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lite.errors import FileError, InputError
from lite.nb.writer import write_atomically
from lite.session import Model, Precision
from lite.tune_cache import VARIABLE, TuneTable, default_path

Timings = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class TunedLayer:
    """A layer, and how long it takes with each kernel that it could have.

    Attributes
    ----------
    layer : str
        What tells it from others: op, types, shapes and attributes.
    name : str
        Of the first node that is such.
    nodes : int
        How many of the net are such.
    threads : int
    timings : tuple of (kernel, microseconds)
        The usual kernel comes first.
    best : str
        The kernel to take.
    """

    layer: str
    name: str
    nodes: int
    threads: int
    timings: Timings
    best: str

    @property
    def usual(self) -> str:
        return self.timings[0][0]

    @property
    def usual_us(self) -> float:
        return self.timings[0][1]

    @property
    def best_us(self) -> float:
        return dict(self.timings)[self.best]

    @property
    def saved_us(self) -> float:
        """In all nodes that are such."""
        return self.nodes * (self.usual_us - self.best_us)

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "layer": self.layer, "nodes": self.nodes, "threads": self.threads,
                "usual": self.usual, "usual_us": self.usual_us, "best": self.best, "best_us": self.best_us,
                "timings": dict(self.timings)}  # fmt: skip


@dataclass(frozen=True)
class Tuned:
    """All layers that have a choice, and their table."""

    layers: tuple[TunedLayer, ...]
    table: TuneTable


def tune(model: Model, shapes: Mapping[str, Sequence[int]], threads: Sequence[int], *,
         precision: Precision = "exact", tell: Callable[[str], None] = lambda message: None) -> Tuned:
    """Time what each layer could run with, weights as cold as in a net.

    Parameters
    ----------
    model : Model
    shapes : mapping of str to shape
        Of all inputs.
    threads : sequence of int
    precision : {"exact", "fast"}
        Of the sessions that shall profit.
    tell : callable(str), optional

    Raises
    ------
    InputError, ShapeError, ArenaError
    """
    table = TuneTable()
    found = []
    for count in dict.fromkeys(threads):
        def progress(done: int, total: int, count: int = count) -> bool:
            tell(f"timing layers on {count} thread{'s' if count > 1 else ''}: {done} of {total}")
            return True

        session = model.session(count, precision=precision, tune_cache="")
        session.resize(shapes)
        for layer, name, nodes, timings in session.tuned_layers(progress):
            table.add(layer, count, timings)
            found.append((layer, name, nodes, count, tuple(timings)))
    layers = tuple(TunedLayer(*row, table.kernel(row[0], row[3])) for row in found)
    return Tuned(layers, table)


def write_cache(table: TuneTable, path: str | Path | None = None) -> Path:
    """Put a table into a cache, beside what is there; what cannot be used there is replaced.

    Parameters
    ----------
    table : TuneTable
    path : path, optional
        Otherwise the usual place.

    Raises
    ------
    InputError
        If there is no usual place.
    FileError
        If the file cannot be written; it is then as it was.
    """
    place = Path(path) if path else default_path()
    if place is None:
        raise InputError(f"no file to write: {VARIABLE} is empty", where="tuning cache", hint="name a file")
    merged, _ = TuneTable.read(str(place)) if place.is_file() else (None, "")
    merged = merged or TuneTable()
    merged.merge(table)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make the folder: {error.strerror}", where=str(place.parent)) from error
    write_atomically(place, merged.text().encode())
    return place
