#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What tuning gains: per network the usual kernels against the tuned ones, in turns.

    python bench/tuned.py resnet50.nb mobilenet_v2.onnx --threads 1,2

The ratio of the medians is 1 where the cost model chooses as measuring does, and less where tuning gains.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from lite import _native
from lite.cli._data import planned_shapes, random_inputs
from lite.session import Model, Session
from lite.tuning.kernels import Tuned, tune, write_cache

RUNS = 3  # of a session in each of its turns, after one that wakes its caches


@dataclass
class Row:
    """One network with one number of threads; milliseconds are medians."""

    model: str
    threads: int
    usual_ms: float
    tuned_ms: float
    changed: int
    predicted_us: float
    tuning_s: float

    @property
    def ratio(self) -> float:
        return self.tuned_ms / self.usual_ms

    def __str__(self) -> str:
        return (f"{self.model:<32} {self.threads} threads  usual {self.usual_ms:8.3f} ms  tuned "
                f"{self.tuned_ms:8.3f} ms  tuned/usual {self.ratio:.3f}  {self.changed:3} layers changed, "
                f"{self.predicted_us:6.0f} us less by the tuner, in {self.tuning_s:.1f} s")  # fmt: skip


def race(sessions: Sequence[Session], feeds: dict[str, np.ndarray], rounds: int) -> list[float]:
    """Milliseconds of each, in turns."""
    times: list[list[float]] = [[] for _ in sessions]
    for _ in range(rounds):
        for session, seen in zip(sessions, times):
            session.run(feeds, copy=False)
            for _ in range(RUNS):
                begin = time.perf_counter()
                session.run(feeds, copy=False)
                seen.append((time.perf_counter() - begin) * 1e3)
    return [statistics.median(seen) for seen in times]


def compare(path: Path, threads: int, rounds: int, show: bool) -> Row:
    model = Model(path)
    shapes = planned_shapes(model.inputs, {})
    begin = time.perf_counter()
    found = tune(model, shapes, (threads,))
    tuning_s = time.perf_counter() - begin
    with tempfile.TemporaryDirectory() as folder:
        cache = str(write_cache(found.table, Path(folder, "tune")))
        sessions = [model.session(threads, tune_cache=cache) for cache in ("", cache)]
    for session in sessions:
        session.resize(shapes)
    usual_ms, tuned_ms = race(sessions, random_inputs(sessions[0].inputs, {}), rounds)
    if show:
        _show(found)
    changed = sum(layer.nodes for layer in found.layers if layer.best != layer.usual)
    saved = sum(layer.saved_us for layer in found.layers)
    return Row(path.stem, threads, usual_ms, tuned_ms, changed, saved, tuning_s)


def _show(found: Tuned) -> None:
    for layer in found.layers:
        if layer.best != layer.usual:
            times = "  ".join(f"{kernel} {time_us:.1f}" for kernel, time_us in layer.timings)
            print(f"  {layer.nodes} x {times}  {layer.layer}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+", type=Path, help=".nb or source models")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--layers", action="store_true", help="list the layers that change")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not arguments.json:
        print(f"{_native.cpu_name()}, {_native.isa()}")
    for path in arguments.models:
        for threads in map(int, arguments.threads.split(",")):
            row = compare(path, threads, arguments.rounds, arguments.layers)
            text = json.dumps({**asdict(row), "ratio": row.ratio}) if arguments.json else str(row)
            print(text, flush=True)


if __name__ == "__main__":
    main()
