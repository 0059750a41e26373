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


@dataclass(frozen=True)
class Bar:
    """The most of a quantity, in millions, that one inference may take."""

    network: str
    precision: str
    core: str
    quantity: str
    most: float


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
        keys = (bar.network, bar.precision, bar.core)
        ours = [row for row in rows if row["engine"] == "lite"
                and (row["network"], row["precision"], row["core"]) == keys]  # fmt: skip
        what = f"{bar.network}, {bar.precision}, {bar.core}"
        if not ours:
            found.append(f"{what}: was not counted")
        elif ours[0][bar.quantity] > 1e6 * bar.most:
            found.append(f"{what}: {ours[0][bar.quantity] / 1e6:.1f} million {bar.quantity}, "
                         f"expected {bar.most:.1f} at most")  # fmt: skip
    return found
