# SPDX-License-Identifier: Apache-2.0
"""Quantizes a net again and again, with some layers left float, and keeps the build that is wanted."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from lite.errors import CalibrationError
from lite.nb.reader import read
from lite.quant.analysis import layer_errors
from lite.quant.calibrate import MakeExecutor
from lite.quant.samples import Samples
from lite.quant.settings import StaticPTQ
from lite.tuning.guard import Built, guard
from lite.tuning.latency_table import read_latency_table
from lite.tuning.search import Start, score_of, search


class Reported(Protocol):
    """What a conversion says about itself."""

    quantization: dict[str, Any]
    tuning: dict[str, Any]


R = TypeVar("R", bound=Reported)
ALGORITHMS = ("minmax", "mse", "percentile")  # that a search tries


def tuned(convert: Callable[[StaticPTQ | None], tuple[bytes, R]], settings: StaticPTQ,
          shapes: Mapping[str, Sequence[int]], make_executor: MakeExecutor,
          tell: Callable[[str], None]) -> tuple[bytes, R]:
    """The file and the report of the build that ``settings`` ask for; what was tried is in the report.

    Parameters
    ----------
    convert : callable(StaticPTQ or None)
        Converts the model: quantized, or as float.
    settings : StaticPTQ
        With ``evaluate``, ``guard`` or ``latency_table``.
    shapes : mapping of str to shape
        For which the net shall be fast; the first sample's for inputs that are not named.
    make_executor : MakeExecutor
    tell : callable(str)

    Raises
    ------
    CalibrationError
        If the data cannot be gone through several times, or ``evaluate`` raises.
    """
    if settings.data is not None and hasattr(settings.data, "__next__"):
        raise CalibrationError("max_drop and guard quantize several times, and this can be gone through once",
                               where="data", hint="give a list or a path instead of a generator")
    with tempfile.TemporaryDirectory() as folder:
        return _Tuning(convert, settings, shapes, make_executor, tell, Path(folder)).run()


class _Tuning(Generic[R]):
    def __init__(self, convert: Callable[[StaticPTQ | None], tuple[bytes, R]], settings: StaticPTQ,
                 shapes: Mapping[str, Sequence[int]], make_executor: MakeExecutor,
                 tell: Callable[[str], None], folder: Path) -> None:
        self.convert, self.settings, self.shapes, self.tell = convert, settings, shapes, tell
        self.make_executor = make_executor
        self.reports: dict[int, R] = {}
        self.plain = settings.untuned
        self.folder = folder

    def run(self) -> tuple[bytes, R]:
        self.tell("converting to float")
        floats = self._built(None)
        start, said = self._start(floats, self.settings.algo), {}
        kept: tuple[str, ...] = ()
        if self.settings.evaluate is not None:
            starts = [self._start(floats, algo) for algo in self._algorithms()]
            chosen, found = search(floats, starts, self.settings.evaluate, self.settings.max_drop, self.tell)
            said["search"] = {**found.to_dict(), "text": str(found)}
            start = next(start for start in starts if start.algo == found.algo)
            kept = found.exclude
        else:
            chosen = start.build(())
        if (self.settings.guard or self.settings.latency_table is not None) and chosen is not floats:
            table = self.settings.latency_table
            fastest, verdict = guard(floats, chosen, lambda names: start.build([*kept, *names]),
                                     self._timed_shapes(floats),
                                     None if table is None else read_latency_table(table), self.tell)
            lost = fastest is not chosen and self._lost(floats, fastest)
            text = f"{verdict}{'; it loses too much, so int8 is kept' if lost else ''}"
            said["guard"] = {**verdict.to_dict(), "text": text, "refused": bool(lost)}
            chosen = chosen if lost else fastest
        report = self.reports[id(chosen.nb)]
        report.tuning = said
        return chosen.nb, report

    def _lost(self, floats: Built, candidate: Built) -> bool:
        """Whether a net loses more than is allowed: rounding elsewhere can turn an answer."""
        evaluate = self.settings.evaluate
        if evaluate is None or candidate is floats:
            return False
        return score_of(evaluate, candidate) < score_of(evaluate, floats) - self.settings.max_drop

    def _algorithms(self) -> list[str | None]:
        """The one asked for, and others unless a table says all ranges."""
        others = () if self.settings.table is not None else ALGORITHMS
        return list(dict.fromkeys((self.settings.algo, *others)))

    def _start(self, floats: Built, algo: str | None) -> Start:
        """Builds with one algorithm; it goes through the data for ranges once."""
        table = self.folder / f"table {algo}"
        first = dataclasses.replace(self.plain, algo=algo)

        def build(names: Sequence[str]) -> Built:
            if names:
                given = self.settings.table or table
                return self._built(dataclasses.replace(first, exclude=[*first.exclude, *names], table=given,
                                                       table_out=None))
            built = self._built(dataclasses.replace(first, table_out=table))
            if self.settings.table_out is not None:
                shutil.copyfile(table, self.settings.table_out)
            return built

        return Start(algo or "usual", build, lambda integers: self._ranked(floats, integers))

    def _built(self, settings: StaticPTQ | None) -> Built:
        nb, report = self.convert(settings)
        self.reports[id(nb)] = report
        return Built(nb, read(nb), report.quantization.get("layers", {}))

    def _samples(self, built: Built) -> Samples | None:
        data = self.settings.data
        return None if data is None else Samples(data, built.graph, self.settings.num)

    def _ranked(self, floats: Built, integers: Built) -> list[tuple[str, ...]]:
        samples = self._samples(floats)
        if samples is None:
            raise CalibrationError("a search for layers that must stay float needs data to judge them by",
                                   where="StaticPTQ")
        self.tell("looking for the worst layers")
        errors = layer_errors(floats.graph, integers.graph, integers.layers, self.make_executor, samples)
        return [error.layers for error in errors]

    def _timed_shapes(self, floats: Built) -> dict[str, Sequence[int]]:
        samples = self._samples(floats)
        first = next(iter(samples), {}) if samples is not None else {}
        return {**{name: array.shape for name, array in first.items()}, **self.shapes}
