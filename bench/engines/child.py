# SPDX-License-Identifier: Apache-2.0
"""The process that an engine lives in: python -m engines.child FD, with one end of a pipe as its FD.

It gets a ``Task`` and answers ("done", value), or ("refused", why); its output is kept by who started it.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from . import ENGINES
from .engine import Engine, RefusalError, Source

WARMUP = 5


@dataclass(frozen=True)
class Task:
    """What one process does.

    Attributes
    ----------
    verb : str
        ask, prepare, serve: a function below.
    engine : str
    precision : str
    folder : Path
        Of the prepared model.
    source : Source, optional
    threads : int
    loads : int
        How often loading is timed.
    realtime : bool
        Whether the process goes before all others, as root.
    """

    verb: str
    engine: str
    precision: str
    folder: Path
    source: Source | None = None
    threads: int = 1
    loads: int = 3
    realtime: bool = False


def ask(task: Task, connection: Connection) -> None:
    """Version and fingerprint, unless it refuses the precision."""
    engine = ENGINES[task.engine]
    refusal = engine.refusal(task.precision)
    if refusal:
        raise RefusalError(refusal)
    connection.send(("done", (engine.version(), engine.fingerprint())))


def prepare(task: Task, connection: Connection) -> None:
    """Convert the model."""
    assert task.source is not None
    ENGINES[task.engine].prepare(task.source, task.precision, task.folder)
    connection.send(("done", None))


def serve(task: Task, connection: Connection) -> None:
    """Load, warm up, then run as often as told, until told 0 times."""
    assert task.source is not None
    os.sched_setaffinity(0, range(task.threads))
    if task.realtime:  # before loading: the engine's threads inherit it
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    kind = ENGINES[task.engine]
    kind.version()
    image = task.source.timed()
    before = memory("VmHWM")
    engine = kind(task.folder, task.precision, task.threads)  # also reads the files from the disk
    fed = engine.fed(image)
    outputs = engine.restored(engine.run(fed))
    figures = {"bytes_before_load": before, "peak_bytes": memory("VmHWM"), "resident_bytes": memory("VmRSS")}
    load_ms = []
    for _ in range(task.loads):
        del engine
        begin = time.perf_counter()
        engine = kind(task.folder, task.precision, task.threads)
        load_ms.append((time.perf_counter() - begin) * 1e3)
    latency_ms = timed_runs(engine, fed, WARMUP)
    figures |= {"load_ms": float(np.median(load_ms)), "warm_ms": float(np.median(latency_ms))}
    connection.send(("done", (outputs, figures)))
    while times := connection.recv():
        connection.send(("done", timed_runs(engine, fed, times)))


def timed_runs(engine: Engine, fed: Any, times: int) -> list[float]:
    """Latencies in ms; a run that is not counted comes first, to wake caches and threads."""
    engine.run(fed)
    latencies = []
    for _ in range(times):
        begin = time.perf_counter()
        engine.run(fed)
        latencies.append((time.perf_counter() - begin) * 1e3)
    return latencies


def memory(name: str) -> int:
    """VmHWM: the greatest resident set of this process so far; VmRSS: the present one. In bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


def main() -> None:
    connection: Connection = Connection(int(sys.argv[1]))
    task: Task = connection.recv()
    try:
        {"ask": ask, "prepare": prepare, "serve": serve}[task.verb](task, connection)
    except RefusalError as error:
        connection.send(("refused", str(error)))
    except Exception as error:  # foreign engines raise what they like
        connection.send(("refused", f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"))
        raise


if __name__ == "__main__":
    main()
