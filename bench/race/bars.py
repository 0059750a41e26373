# SPDX-License-Identifier: Apache-2.0
"""How far ahead ours must be, and who counts as a peer.

A ratio is the best peer's median over ours, in one run on one machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .networks import RACED, is_trained, title

OURS = "lite"
ONE_THREAD = {
    "mobilenet_v1": (1.07, 1.15),
    "mobilenet_v2": (1.17, 1.38),
    "mobilenet_v3_large": (1.22, 1.80),
    "resnet50": (1.17, 1.07),
    "squeezenet_1_1": (1.17, 1.15),
    "shufflenet_v2": (1.24, 1.35),
    "efficientnet_lite0": (1.20, 1.28),
}  # fp32, int8
TWO_THREADS = {
    "mobilenet_v1": (1.08, 1.15),
    "mobilenet_v2": (1.15, 1.35),
    "mobilenet_v3_large": (1.20, 1.80),
    "resnet50": (1.12, 1.07),
    "squeezenet_1_1": (1.15, 1.15),
    "shufflenet_v2": (1.30, 1.40),
    "efficientnet_lite0": (1.20, 1.25),
}
OTHERS = 1.15  # of networks not named above, in fp32 and in int8
FAST = {"mobilenet_v2": 1.0, "resnet50": 1.0}  # one thread, against OpenVINO's bf16
FAST_PEER = "openvino"

LEAST_COSINE = {"fp32": 0.9999, "fast": 0.99, "int8": 0.9}
LEAST_COSINE_RANDOM = 0.8  # int8 of random weights


@dataclass(frozen=True)
class Bar:
    """A ratio to reach."""

    network: str
    precision: str
    threads: int
    ratio: float


def bars() -> list[Bar]:
    """All of them."""
    found = []
    for threads, table in ((1, ONE_THREAD), (2, TWO_THREADS)):
        for name in RACED:
            ratios = table.get(name, (OTHERS, OTHERS))
            found += [
                Bar(name, precision, threads, ratio) for precision, ratio in zip(("fp32", "int8"), ratios)
            ]
    return found + [Bar(name, "fast", 1, ratio) for name, ratio in FAST.items()]


def fault(row: dict[str, Any]) -> str:
    """Why a row's time does not count; "" if it does."""
    if row["reason"]:
        return str(row["reason"])
    least = LEAST_COSINE[row["precision"]]
    if row["precision"] == "int8" and not is_trained(row["network"]):
        least = LEAST_COSINE_RANDOM
    return "" if row["cosine"] >= least else f"wrong: cosine {row['cosine']:.4f}, less than {least}"


def ours_and_best(rows: Iterable[dict[str, Any]]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Of one network, precision and number of threads: our row, and the quickest peer that counts."""
    sound = [row for row in rows if not fault(row)]
    ours = next((row for row in sound if row["engine"] == OURS), None)
    peers = [row for row in sound if row["engine"] != OURS]
    if peers and peers[0]["precision"] == "fast":
        peers = [row for row in peers if row["engine"] == FAST_PEER]
    return ours, min(peers, key=lambda row: row["median_ms"], default=None)


def group(rows: Sequence[dict[str, Any]], network: str, precision: str, threads: int) -> list[dict[str, Any]]:
    wanted = (network, precision, threads)
    return [row for row in rows if (row["network"], row["precision"], row["threads"]) == wanted]


def misses(rows: Sequence[dict[str, Any]], wanted: Sequence[Bar]) -> list[str]:
    """A line for every bar that is not reached, or was not measured."""
    found = []
    for bar in wanted:
        what = f"{title(bar.network)}, {bar.precision}, {bar.threads} thread{'s' if bar.threads > 1 else ''}"
        said = miss(group(rows, bar.network, bar.precision, bar.threads), bar.ratio)
        found += [f"{what}: {said}"] if said else []
    return found


def miss(rows: Sequence[dict[str, Any]], least: float) -> str:
    """What is missing to a ratio; "" if it is reached."""
    if not rows:
        return "was not measured"
    ours, best = ours_and_best(rows)
    if ours is None:
        reasons = [fault(row) for row in rows if row["engine"] == OURS]
        return f"ours has no time that counts: {reasons[0] if reasons else 'it did not take part'}"
    if ours["slow_state"]:
        return "was measured with cores far apart only"
    if best is None:
        return "" if all_wrong(rows) else "no peer has a time that counts"
    ratio = best["median_ms"] / ours["median_ms"]
    return (
        ""
        if ratio >= least
        else (
            f"{ratio:.2f}, expected {least:.2f}: ours {ours['median_ms']:.3f} ms, "
            f"{best['engine']} {best['median_ms']:.3f} ms"
        )
    )


def all_wrong(rows: Sequence[dict[str, Any]]) -> bool:
    """Whether peers run a network in int8, but none of them well enough: then there is nobody to beat."""
    return rows[0]["precision"] == "int8" and any(row["engine"] != OURS and not row["reason"] for row in rows)
