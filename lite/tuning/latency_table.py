# SPDX-License-Identifier: Apache-2.0
"""Latency tables: how long layers take on another machine, one row a layer.

    lite latency table 1
    machine Cortex-A76, one core
    conv2d    1x56x56x24 144x24x1x1 144     -> 1x56x56x144   512.4
    q_conv2d  1x56x56x24 144x24x1x1 144 144 -> 1x56x56x144   171.0

After the two head lines, each row has the op's name as in a .nb, the shapes of its inputs, an arrow, the
shapes of its outputs and the microseconds. The shape of a scalar, or of an input left out, is ``()``. Empty
lines and what follows a # say nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from lite.errors import FileError, InputError
from lite.profile import LayerTime

HEAD = "lite latency table 1"
MOST_SHOWN = 3
Shapes = tuple[tuple[int, ...], ...]
Key = tuple[str, Shapes, Shapes]


@dataclass
class LatencyTable:
    """Microseconds by op, shapes of inputs and of outputs."""

    machine: str
    rows: dict[Key, float] = field(default_factory=dict)

    def add(self, layers: Iterable[LayerTime]) -> None:
        """Take the times of a profile."""
        for layer in layers:
            self.rows[layer.op, layer.inputs, layer.outputs] = layer.median_us

    def to_text(self) -> str:
        lines = [f"{op}  {_words(inputs)} -> {_words(outputs)}  {time_us:.3f}"
                 for (op, inputs, outputs), time_us in sorted(self.rows.items())]
        return "\n".join([HEAD, f"machine {self.machine}", *lines, ""])

    def times(self, layers: Iterable[Key]) -> list[float]:
        """Of layers, in order.

        Raises
        ------
        InputError
            Naming those that the table does not have.
        """
        wanted = list(layers)
        absent = list(dict.fromkeys(key for key in wanted if key not in self.rows))
        if absent:
            shown = "; ".join(f"{op} {_words(inputs)} -> {_words(outputs)}"
                              for op, inputs, outputs in absent[:MOST_SHOWN])
            raise InputError(f"the latency table lacks {len(absent)} layers: {shown}", where=self.machine,
                             hint="add a row for each, measured on that machine")
        return [self.rows[key] for key in wanted]


def lines_of(path: str | os.PathLike[str]) -> list[str]:
    """The lines of a table's file; FileError if it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"cannot be read: {error}", where=str(path)) from error


def read_latency_table(path: str | os.PathLike[str]) -> LatencyTable:
    """A table from a file.

    Raises
    ------
    FileError
        Naming the line that cannot be read.
    """
    lines = lines_of(path)
    if len(lines) < 2 or lines[0].strip() != HEAD or not lines[1].startswith("machine "):
        raise FileError("it is no latency table", where=str(path),
                        hint=f"its first lines are {HEAD!r} and 'machine NAME'")
    table = LatencyTable(lines[1][len("machine "):].strip())
    for number, line in enumerate(lines[2:], start=3):
        text = line.partition("#")[0].strip()
        if text:
            try:
                key, time_us = _row(text)
            except ValueError:
                raise FileError(f"got {text!r}, expected: OP SHAPE... -> SHAPE... MICROSECONDS",
                                where=f"{path}, line {number}") from None
            table.rows[key] = time_us
    return table


def _row(text: str) -> tuple[Key, float]:
    left, arrow, right = text.partition("->")
    op, *inputs = left.split()
    *outputs, time_us = right.split()
    if not arrow or not outputs or not 0 <= float(time_us) < float("inf"):
        raise ValueError(text)
    return (op, tuple(map(_shape, inputs)), tuple(map(_shape, outputs))), float(time_us)


def _shape(word: str) -> tuple[int, ...]:
    return () if word == "()" else tuple(int(extent) for extent in word.split("x"))


def _words(shapes: Shapes) -> str:
    return " ".join("x".join(map(str, shape)) or "()" for shape in shapes)
