# SPDX-License-Identifier: Apache-2.0
"""What must hold: modelled cycles and executed instructions of one inference, in millions.

Cycles stand a given way below the best peer's; instructions are shares of theirs: of the aarch64 wheels of
ncnn 1.0.20261020, MNN 3.6.1, LiteRT 2.3.0 and onnxruntime 1.32.0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CYCLES = {
    "mobilenet_v1": (75.0, 23.5),
    "mobilenet_v2": (43.0, 18.5),
    "squeezenet_1_1": (32.0, 17.0),
    "resnet50": (310.0, 142.0),
}  # fp32 and int8, of a76
FAST = {"mobilenet_v1": 90.4, "mobilenet_v2": 55.5, "resnet50": 411.0}  # ncnn's instructions in f16, of a76
FAST_SHARE = 0.9
INTEGERS = {
    "a53": {"mobilenet_v1": 154.0, "mobilenet_v2": 132.0},
    "a710": {"mobilenet_v1": 45.5, "mobilenet_v2": 44.6, "resnet50": 220.0},
}  # the best peer's instructions in int8
INTEGER_SHARE = 0.85
KEYS = ("engine", "network", "precision", "core")


@dataclass(frozen=True)
class Bar:
    """The most of a quantity, in millions, that one inference may take."""

    network: str
    precision: str
    core: str
    quantity: str
    most: float

    def row(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
        """Ours among what was counted."""
        keys = ("lite", self.network, self.precision, self.core)
        found = (row for row in rows if keys == tuple(row[key] for key in KEYS))
        return next(found, None)

    def holds(self, row: dict[str, Any]) -> bool:
        return float(row[self.quantity]) <= 1e6 * self.most


def bars() -> list[Bar]:
    """All of them."""
    found = []
    for network, pair in CYCLES.items():
        found += [Bar(network, kind, "a76", "cycles", most) for kind, most in zip(("fp32", "int8"), pair)]
    found += [Bar(name, "fast", "a76", "instructions", FAST_SHARE * theirs) for name, theirs in FAST.items()]
    for core, table in INTEGERS.items():
        found += [Bar(name, "int8", core, "instructions", INTEGER_SHARE * theirs)
                  for name, theirs in table.items()]  # fmt: skip
    return found


def misses(rows: Sequence[dict[str, Any]], wanted: Sequence[Bar]) -> list[str]:
    """A line for every bar that is not reached, or was not counted."""
    found = []
    for bar in wanted:
        row = bar.row(rows)
        what = f"{bar.network}, {bar.precision}, {bar.core}"
        if row is None:
            found.append(f"{what}: was not counted")
        elif not bar.holds(row):
            found.append(f"{what}: {row[bar.quantity] / 1e6:.1f} million {bar.quantity}, "
                         f"expected {bar.most:.1f} at most")  # fmt: skip
    return found
