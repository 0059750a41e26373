# SPDX-License-Identifier: Apache-2.0
"""Engines in turns: each in its process, all others stopped, round after round."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from engines import RefusalError
from engines.child import Task

from .core_latency import CoreLatency
from .process import Child, started

SLOW_NS = 80.0  # two processors further apart than that are in the slow state
FEWEST_ROUNDS = 5


@dataclass
class Contestant:
    """A task with its process, and what was found."""

    task: Task
    version: str
    child: Child
    outputs: list[np.ndarray]
    figures: dict[str, float]
    rounds: list[list[float]] = field(default_factory=list)
    reason: str = ""

    def turn(self, turn_ms: float) -> None:
        """A few runs, alone."""
        times = int(np.clip(turn_ms / self.figures["warm_ms"], 2, 10))
        self.child.go_on()
        try:
            self.rounds.append(self.child.asked(times))
            self.child.stop()
        except RefusalError as error:
            self.reason = str(error)


@dataclass(frozen=True)
class Measure:
    """How long to measure.

    Attributes
    ----------
    rounds : int
        That count.
    turn_ms : float
        About how long a turn may take; 2 to 10 runs.
    """

    rounds: int = 20
    turn_ms: float = 60.0


def compared(
    tasks: Sequence[tuple[Task, str]], reference: list[np.ndarray], measure: Measure, latency: CoreLatency
) -> list[dict[str, Any]]:
    """A row for each task: figures, or the reason why there are none."""
    rows = []
    with ExitStack() as stack:
        contestants = []
        for task, version in tasks:
            try:
                child = stack.enter_context(started(task))
                outputs, figures = child.asked()
                child.stop()
                contestants.append(Contestant(task, version, child, outputs, figures))
            except RefusalError as error:
                rows.append({"engine": task.engine, "version": version, "reason": str(error)})
        threads = max((task.threads for task, _ in tasks), default=1)
        state = rounds(contestants, measure, latency if threads > 1 else None)
    kept, slow = state
    for contestant in contestants:
        row = {"engine": contestant.task.engine, "version": contestant.version, "reason": contestant.reason}
        if not contestant.reason:
            row |= figures_of(contestant, kept, reference)
            row |= {"rounds_set_aside": slow, "slow_state": slow > 0 and len(kept) == slow}
        rows.append(row)
    return rows


def rounds(
    contestants: Sequence[Contestant], measure: Measure, latency: CoreLatency | None
) -> tuple[list[int], int]:
    """Let all run; which rounds count, and how many were set aside because the cores were far apart."""
    latencies: list[float] = []
    while len(latencies) < 2 * measure.rounds and quick(latencies) < measure.rounds:
        latencies.append(latency.measured() if latency else 0.0)
        for contestant in contestants:
            if not contestant.reason:
                contestant.turn(measure.turn_ms)
    return counting(latencies)


def quick(latencies: Sequence[float]) -> int:
    return sum(found <= SLOW_NS for found in latencies)


def counting(latencies: Sequence[float]) -> tuple[list[int], int]:
    """The rounds with cores close together; all of them, if there are too few of those."""
    good = [index for index, found in enumerate(latencies) if found <= SLOW_NS]
    enough = len(good) >= min(FEWEST_ROUNDS, len(latencies))
    return (good if enough else list(range(len(latencies)))), len(latencies) - len(good)


def figures_of(contestant: Contestant, kept: list[int], reference: list[np.ndarray]) -> dict[str, Any]:
    times = np.concatenate([contestant.rounds[index] for index in kept])
    low, median, high = np.percentile(times, (10, 50, 90))
    return {
        "runs": len(times),
        "median_ms": float(median),
        "p10_ms": float(low),
        "p90_ms": float(high),
        **{name: value for name, value in contestant.figures.items() if name != "warm_ms"},
        "cosine": cosine(contestant.outputs, reference),
        "worst_difference": worst_difference(contestant.outputs, reference),
    }


def worst_difference(outputs: list[np.ndarray], reference: list[np.ndarray]) -> float:
    """Greatest difference over the range of the reference's output, of all outputs; inf if sizes differ."""
    if [output.size for output in outputs] != [expected.size for expected in reference]:
        return float("inf")
    return max(
        float(np.abs(output.ravel() - expected.ravel()).max() / np.ptp(expected))
        for output, expected in zip(outputs, reference)
    )


def cosine(outputs: list[np.ndarray], reference: list[np.ndarray]) -> float:
    """Of all outputs as one vector; 0 if sizes differ or one of them is no number or nothing."""
    a, b = (
        np.concatenate([output.ravel() for output in side]).astype(np.float64)
        for side in (outputs, reference)
    )
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b / norms) if a.size == b.size and np.isfinite(norms) and norms else 0.0
