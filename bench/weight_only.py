#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Models with integer weights beside float ones: size of the file, peak memory of a process, latency.

    LITE_TEST_DATA=../shared python bench/weight_only.py [MODEL...]

Runs of the variants alternate, so that what else the machine does meets all of them; the ratio is the median
of those of neighbouring runs. Accuracy is in accuracy.py.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from lite.cli._data import planned_shapes, random_inputs
from lite.cli._machine import peak_memory_bytes
from lite.convert import convert_to_bytes
from lite.quant import WeightOnly
from lite.session import Model, Session

MODELS = ("mobilenet_v2_torchvision/mobilenet_v2.onnx", "efficientnet_lite0/efficientnet_lite0.onnx")
VARIANTS = {"float": None, "int16": WeightOnly(bits=16), "int8": WeightOnly(bits=8)}
RUNS_FOR_MEMORY = 3


def prepared(path: Path, threads: int) -> tuple[Session, dict[str, np.ndarray]]:
    session = Model(path).session(threads=threads)
    planned = planned_shapes(session.inputs, {})
    session.resize(planned)
    return session, random_inputs(session.inputs, planned)


def print_memory(path: Path) -> None:
    before = peak_memory_bytes()
    session, feeds = prepared(path, 1)
    for _ in range(RUNS_FOR_MEMORY):
        session.run(feeds)
    assert session.memory is not None
    print(json.dumps({"peak_bytes": peak_memory_bytes() - before, "arena_bytes": session.memory.arena_bytes,
                      "weights_bytes": session.memory.weights_bytes}))


def memory_of(path: Path) -> dict[str, int]:
    """What loading and running takes, in a process of its own."""
    command = [sys.executable, __file__, "--memory", str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, int] = json.loads(done.stdout)
    return found


def latencies(files: dict[str, Path], threads: int, repeats: int) -> dict[str, np.ndarray]:
    """Milliseconds of alternating runs."""
    sessions = {name: prepared(path, threads) for name, path in files.items()}
    times: dict[str, list[float]] = {name: [] for name in files}
    for _ in range(repeats):
        for name, (session, feeds) in sessions.items():
            begin = time.perf_counter()
            session.run(feeds)
            times[name].append((time.perf_counter() - begin) * 1e3)
    return {name: np.array(found) for name, found in times.items()}


def measure(model: Path, threads: int, repeats: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, f"{name}.nb") for name in VARIANTS}
        for name, options in VARIANTS.items():
            files[name].write_bytes(convert_to_bytes(model, quantize=options)[0])
        times = latencies(files, threads, repeats)
        return [{"model": model.stem, "weights": name, "threads": threads, "nb_bytes": path.stat().st_size,
                 "nb_ratio": path.stat().st_size / files["float"].stat().st_size,
                 "median_ms": float(np.median(times[name])),
                 "time_ratio": float(np.median(times[name] / times["float"])), **memory_of(path)}
                for name, path in files.items()]  # fmt: skip


def text(row: dict[str, Any]) -> str:
    return (
        f"{row['model']:<20} {row['weights']:<6} "
        f".nb {row['nb_bytes'] / 1e6:6.2f} MB ({row['nb_ratio']:6.2%})  "
        f"peak memory {row['peak_bytes'] / 1e6:6.2f} MB (weights {row['weights_bytes'] / 1e6:6.2f}, "
        f"arena {row['arena_bytes'] / 1e6:5.2f})  {row['threads']} threads {row['median_ms']:6.2f} ms, "
        f"{row['time_ratio']:.2f} of float"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--memory", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory:
        return print_memory(arguments.memory)
    if not arguments.models and "LITE_TEST_DATA" not in os.environ:
        sys.exit("name models, or set LITE_TEST_DATA to the folder of test models")
    folder = Path(os.environ.get("LITE_TEST_DATA", ""), "models")
    for model in arguments.models or [folder / name for name in MODELS]:
        for row in measure(model, arguments.threads, arguments.repeats):
            print(json.dumps(row) if arguments.json else text(row), flush=True)


if __name__ == "__main__":
    main()
