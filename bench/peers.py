#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ours against other engines: latency, load time, peak memory and outputs, side by side in one run.

    python bench/peers.py                                # the two models of $LITE_TEST_DATA, 1 and 2 threads
    python bench/peers.py --models my.onnx --threads 1 --json
    python bench/peers.py --models zoo --int8            # the networks of bench/zoo, on random images
    python bench/peers.py --int8                         # int8 models, and ours in float

More peers take part if they lie in virtual environments of their own, $LITE_PEERS/NAME, for example
python -m venv $LITE_PEERS/openvino && $LITE_PEERS/openvino/bin/pip install openvino nncf. For those that do
not, the reason is printed.

Every engine lives in its own process, pinned to the first processors, loaded and warmed once. Then rounds:
each engine in turn runs a few times while the others are stopped (SIGSTOP), so that none disturbs another.
Latency is the median over all rounds. Memory is the process's greatest resident set, from a process of its
own that only loads the model and runs it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

MODELS = ("mobilenet_v2_torchvision/mobilenet_v2.onnx", "efficientnet_lite0/efficientnet_lite0.onnx")
WARMUP = 5
SEED = 1


class Engine:
    """One engine with one model. A peer is a subclass: name, version, load, run.

    Parameters
    ----------
    model : Path
        The ONNX file.
    prepared : Path
        What ``prepare`` made of it, if the engine has a format of its own.
    threads : int
    """

    name = ""

    def __init__(self, model: Path, prepared: Path, threads: int) -> None:
        raise NotImplementedError

    @classmethod
    def prepare(cls, model: Path, prepared: Path) -> None:
        """Convert the model beforehand; not timed."""

    @classmethod
    def version(cls) -> str:
        """Also imports all that loading a model needs, so that imports are not timed."""
        raise NotImplementedError

    def inputs(self) -> list[tuple[str, list[Any]]]:
        """Name and shape of each input; what is not an int is free."""
        raise NotImplementedError

    def run(self, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        raise NotImplementedError

    def feeds(self, images: Path) -> dict[str, np.ndarray]:
        """What it is timed on."""
        return random_feeds(self.inputs())


class Lite(Engine):
    """Ours, from a .nb."""

    name = "lite"

    def __init__(self, model: Path, prepared: Path, threads: int) -> None:
        from lite.session import Model

        self.session = Model(prepared).session(threads=threads)
        self.session.resize({name: fixed(shape) for name, shape in self.inputs()})  # plans: part of loading

    @classmethod
    def prepare(cls, model: Path, prepared: Path) -> None:
        import lite

        lite.convert(model, prepared)

    @classmethod
    def version(cls) -> str:
        import lite.session

        return lite.__version__

    def inputs(self) -> list[tuple[str, list[Any]]]:
        return [(info.name, list(info.shape)) for info in self.session.inputs]

    def run(self, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        return self.session.run(None, feeds)


class OnnxRuntime(Engine):
    """onnxruntime as it comes: all optimisations, spinning threads."""

    name = "onnxruntime"

    def __init__(self, model: Path, prepared: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    @classmethod
    def version(cls) -> str:
        import onnxruntime

        return str(onnxruntime.__version__)

    def inputs(self) -> list[tuple[str, list[Any]]]:
        return [(entry.name, entry.shape) for entry in self.session.get_inputs()]

    def run(self, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        return self.session.run(None, feeds)


ENGINES: tuple[type[Engine], ...] = (Lite, OnnxRuntime)


@dataclass
class Job:
    """What one process does."""

    engine: type[Engine]
    model: Path
    prepared: Path
    threads: int
    loads: int = 1
    realtime: bool = False


def fixed(shape: list[Any]) -> list[int]:
    """The shape with 1 for free extents."""
    return [extent if isinstance(extent, int) else 1 for extent in shape]


def random_feeds(inputs: list[tuple[str, list[Any]]]) -> dict[str, np.ndarray]:
    """The same numbers for every engine; free extents are 1."""
    random = np.random.RandomState(SEED)
    return {name: random.standard_normal(fixed(shape)).astype(np.float32) for name, shape in sorted(inputs)}


def peak_bytes() -> int:
    """Greatest resident set of this process so far."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def serve(job: Job, connection: Connection) -> None:
    """A process: load, warm up, then run as often as told, until told 0 times."""
    os.sched_setaffinity(0, range(job.threads))
    if job.realtime:  # before loading: the engine's threads inherit it
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    job.engine.version()
    job.engine(job.model, job.prepared, job.threads)  # reads the files from the disk
    load_ms = []
    for _ in range(job.loads):
        begin = time.perf_counter()
        engine = job.engine(job.model, job.prepared, job.threads)
        load_ms.append((time.perf_counter() - begin) * 1e3)
    feeds = engine.feeds(job.prepared.parent / "images.npy")
    for _ in range(WARMUP):
        outputs = engine.run(feeds)
    connection.send((outputs, load_ms))
    while times := connection.recv():
        connection.send(timed_runs(engine, feeds, times))


def timed_runs(engine: Engine, feeds: dict[str, np.ndarray], times: int) -> list[float]:
    """Latencies in ms; a run that is not counted comes first, to wake caches and threads."""
    engine.run(feeds)
    latencies = []
    for _ in range(times):
        begin = time.perf_counter()
        engine.run(feeds)
        latencies.append((time.perf_counter() - begin) * 1e3)
    return latencies


def measure_peak(job: Job, connection: Connection) -> None:
    """A process of its own: nothing but the engine, one load, one run. Sends before, after."""
    os.sched_setaffinity(0, range(job.threads))
    job.engine.version()
    before = peak_bytes()
    engine = job.engine(job.model, job.prepared, job.threads)
    engine.run(engine.feeds(job.prepared.parent / "images.npy"))
    connection.send((before, peak_bytes()))


@contextmanager
def process(target: Any, job: Job) -> Iterator[tuple[Any, Connection]]:
    """A spawned process (no memory shared with this one) and its end of a pipe."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=target, args=(job, theirs), daemon=True)
    child.start()
    theirs.close()
    try:
        yield child, ours
    finally:
        os.kill(child.pid or 0, signal.SIGCONT)
        child.terminate()
        child.join()


def compare(jobs: Sequence[Job], rounds: int, runs: int) -> list[dict[str, Any]]:
    """Rounds A B A B ... over the jobs' processes; one row of figures for each."""
    with ExitStack() as stack:
        children = []
        for job in jobs:
            child, connection = stack.enter_context(process(serve, job))
            outputs, load_ms = connection.recv()
            os.kill(child.pid, signal.SIGSTOP)
            children.append((job, child, connection, outputs, load_ms, []))
        for _ in range(rounds):
            for _, child, connection, _, _, latencies in children:
                os.kill(child.pid, signal.SIGCONT)
                connection.send(runs)
                latencies += connection.recv()
                os.kill(child.pid, signal.SIGSTOP)
    reference = children[-1][3]
    return [
        row_of(job, latencies, load_ms, outputs, reference)
        for job, _, _, outputs, load_ms, latencies in children
    ]


def row_of(
    job: Job,
    latencies: list[float],
    load_ms: list[float],
    outputs: list[np.ndarray],
    reference: list[np.ndarray],
) -> dict[str, Any]:
    with process(measure_peak, job) as (_, connection):
        before, peak = connection.recv()
    low, median, high = np.percentile(latencies, (10, 50, 90))
    return {
        "model": job.model.stem,
        "engine": job.engine.name,
        "threads": job.threads,
        "runs": len(latencies),
        "median_ms": float(median),
        "p10_ms": float(low),
        "p90_ms": float(high),
        "load_ms": statistics.median(load_ms),
        "peak_bytes": peak,
        "peak_before_load_bytes": before,
        "worst_difference": worst_difference(outputs, reference),
        "cosine": cosine(outputs, reference),
    }


def worst_difference(outputs: list[np.ndarray], reference: list[np.ndarray]) -> float:
    """Greatest difference over the range of the reference's output, of all outputs."""
    return max(
        float(np.abs(output - expected).max() / np.ptp(expected))
        for output, expected in zip(outputs, reference)
    )


def cosine(outputs: list[np.ndarray], reference: list[np.ndarray]) -> float:
    a, b = (
        np.concatenate([output.ravel() for output in side]).astype(np.float64)
        for side in (outputs, reference)
    )
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as text; ratios are ours over the peer's."""
    columns = (
        "model",
        "threads",
        "engine",
        "median ms",
        "p10",
        "p90",
        "load ms",
        "peak MB",
        "difference",
        "cosine",
    )
    ratios = ("time", "load", "peak")
    cells = [[*columns, *(f"ours/its {name}" for name in ratios)]]
    for row in rows:
        figures = (f"{row[name]:.2f}" for name in ("median_ms", "p10_ms", "p90_ms", "load_ms"))
        compared = (f"{row[f'{name}_ratio']:.2f}" if f"{name}_ratio" in row else "" for name in ratios)
        exactness = (f"{row['worst_difference']:.1e}", f"{row['cosine']:.8f}")
        peak = f"{row['peak_bytes'] / 1e6:.1f}"
        names = (row["model"], str(row["threads"]), row["engine"])
        cells.append([*names, *figures, peak, *exactness, *compared])
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths)) for line in cells)


def add_ratios(rows: list[dict[str, Any]]) -> None:
    """To the rows of all but the first engine, which is ours: ours over theirs."""
    ours = rows[0]
    for row in rows:
        if row is not ours:
            row["time_ratio"] = ours["median_ms"] / row["median_ms"]
            row["load_ratio"] = ours["load_ms"] / row["load_ms"]
            row["peak_ratio"] = ours["peak_bytes"] / row["peak_bytes"]


def default_models() -> list[Path]:
    data = os.environ.get("LITE_TEST_DATA")
    if not data:
        sys.exit("set LITE_TEST_DATA to the folder of test models, or name models with --models")
    return [Path(data, "models", model) for model in MODELS]


def sources(names: Sequence[str], folder: Path) -> list[Path]:
    """ONNX files, with those of the zoo written into a folder; "zoo" is all of these."""
    from zoo import NETWORKS, write

    wanted = [name for given in names for name in (NETWORKS if given == "zoo" else [given])]
    for name in set(wanted) & set(NETWORKS):
        write(name, folder / f"{name}.onnx")
    return [folder / f"{name}.onnx" if name in NETWORKS else Path(name) for name in wanted]


def int8_engines() -> tuple[type[Engine], ...]:
    """Those that run here; why others do not goes to stderr."""
    from int8_engines import runnable

    found = list(runnable())
    for engine, reason in found:
        if reason:
            print(f"{engine.name}: left out, {reason}", file=sys.stderr)
    return tuple(engine for engine, reason in found if not reason)


def prepare(
    engines: Sequence[type[Engine]], model: Path, folder: Path, int8: bool
) -> dict[type[Engine], Path]:
    """What each engine makes of a model beforehand."""
    suffixes: dict[type[Engine], str] = {}
    if int8:
        from int8_engines import SUFFIXES, calibration, random_samples

        suffixes = {**SUFFIXES}
        images = random_samples() if model.parent == folder else calibration(model)
        np.save(folder / "images.npy", np.stack(images))
    prepared = {engine: folder / (model.stem + suffixes.get(engine, ".nb")) for engine in engines}
    for engine, path in prepared.items():
        engine.prepare(model, path)
    return prepared


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", help="ONNX files, names of bench/zoo, or zoo for all of them")
    parser.add_argument("--threads", default="1,2", help="such as 1,2")
    parser.add_argument("--rounds", type=int, default=20, help="turns of each engine")
    parser.add_argument("--runs", type=int, default=10, help="runs in a turn")
    parser.add_argument(
        "--realtime", action="store_true", help="for busy machines, as root: go before others"
    )
    parser.add_argument("--int8", action="store_true", help="int8 models, calibrated alike")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    engines = int8_engines() if arguments.int8 else ENGINES
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for model in sources(arguments.models, Path(folder)) if arguments.models else default_models():
            prepared = prepare(engines, model, Path(folder), arguments.int8)
            for threads in map(int, arguments.threads.split(",")):
                jobs = [
                    Job(engine, model, prepared[engine], threads, loads=5, realtime=arguments.realtime)
                    for engine in engines
                ]
                group = compare(jobs, arguments.rounds, arguments.runs)
                add_ratios(group)
                rows += group
    versions = {engine.name: engine.version() for engine in engines}
    print(
        json.dumps({"versions": versions, "rows": rows}, indent=2)
        if arguments.json
        else f"{', '.join(f'{name} {version}' for name, version in versions.items())}\n{table(rows)}"
    )


if __name__ == "__main__":
    main()
