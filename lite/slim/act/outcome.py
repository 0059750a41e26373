# SPDX-License-Identifier: Apache-2.0
"""What a compression did, as plain data and as text."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lite.convert import megabytes
from lite.slim.act.work import Stage
from lite.slim.report.data import Measured


@dataclass(frozen=True)
class Tried:
    """A model that a stage made.

    Attributes
    ----------
    name : str
        Of the stage; a number follows where it ran more than once.
    measured : Measured
        Latency is that of a run on one thread of this machine, the models taking turns.
    loss : float
        The part of the float model's score that is gone.
    text : str
        What came of it.
    was_done : bool
        Whether an earlier run had finished it.
    """

    name: str
    measured: Measured
    loss: float
    text: str
    was_done: bool = False


@dataclass
class Outcome:
    """A compression.

    Attributes
    ----------
    model, path : str
        What was compressed, and the .nb that was written ("" if none was).
    metric : str
    tried : list of Tried
        The float model first.
    chosen : str
        Name of the one that was written.
    goal : str
    is_reached : bool
    notes : list of str
    files : list of str
        Reports that were written.
    time_s : float
    """

    model: str
    path: str
    metric: str
    tried: list[Tried]
    chosen: str
    goal: str
    is_reached: bool
    notes: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    time_s: float = 0.0

    @property
    def before(self) -> Tried:
        """The float model."""
        return self.tried[0]

    @property
    def after(self) -> Tried:
        """The one that was chosen."""
        return next(tried for tried in self.tried if tried.name == self.chosen)

    def faster(self, tried: Tried) -> float:
        """How many times as fast as the float model one is."""
        return (self.before.measured.latency_ms or 1.0) / (tried.measured.latency_ms or 1.0)

    def to_dict(self) -> dict[str, Any]:
        """All of it in plain types."""
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        width = max(len(self.metric), 7)
        name = max(len(tried.name) for tried in self.tried)
        lines = [f"{'':<{name}}  {self.metric:>{width}}     loss       size   faster  what"]
        for tried in self.tried:
            found = tried.measured
            kept = " (finished before)" if tried.was_done else ""
            lines.append(f"{tried.name:<{name}}  {found.accuracy:>{width}.4f}  {tried.loss:>7.2%}  "
                         f"{megabytes(found.size_bytes):>9}  {self.faster(tried):>5.2f} x  "
                         f"{tried.text}{kept}")
        smaller = self.before.measured.size_bytes / self.after.measured.size_bytes
        lines += ["", f"{self.path or 'nothing is written'}: {self.chosen}, {smaller:.2f} times smaller and "
                  f"{self.faster(self.after):.2f} times as fast as float, in {self.time_s:.1f} s",
                  f"goal    {'reached' if self.is_reached else 'NOT reached'}: {self.goal}"]
        return "\n".join([*lines, *(f"note    {note}" for note in self.notes),
                          *(f"report  {file}" for file in self.files)])


def named(stages: Sequence[Stage]) -> list[str]:
    """A name of its own for each stage."""
    names: list[str] = []
    for stage in stages:
        earlier = sum(name.split(" ")[0] == stage.name for name in names)
        names.append(f"{stage.name} {earlier + 1}" if earlier else stage.name)
    return names
