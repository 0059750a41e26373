#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ours against other engines: latency, load time, memory and outputs, side by side in one run.

    python bench/peers.py --all --cache ../models --json table.json      # everything, and Markdown tables
    python bench/peers.py --networks resnet50 my.onnx --precisions int8 --threads 1
    python bench/peers.py --all --cache ../models --prepare              # convert only
    python bench/peers.py --check table.json                             # is ours far enough ahead?

Peers take part if they lie in virtual environments of their own, $LITE_PEERS/NAME; for those that do not, or
cannot run a network, the reason is printed, with the command that installs them.

Every engine lives in its own process, pinned to the first processors, loaded and warmed. Then rounds: each
engine in turn runs a few times while the others are stopped (SIGSTOP), so that none disturbs another.
Latency is the median over all rounds. With two threads the time from core to core is measured before each
round; rounds with cores far apart (more than 80 ns) are set aside. Memory is the process's resident set
after one load and one run, and its greatest until then. Outputs are held against onnxruntime's fp32.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from engines import ENGINES, PRECISIONS, RefusalError, Source
from engines.child import Task
from race import networks, tables
from race.bars import bars, misses
from race.cache import Cache, Prepared
from race.core_latency import CoreLatency
from race.process import started
from race.turns import Measure, compared


class Race:
    """All that was asked for, network after network.

    Parameters
    ----------
    arguments : argparse.Namespace
        Of the command.
    folder : Path
        For networks and conversions.
    """

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        self.engines: list[str] = arguments.engines
        self.threads: list[int] = arguments.threads
        self.measure = Measure(arguments.rounds, arguments.turn_ms)
        self.realtime: bool = arguments.realtime
        self.folder = folder
        self.cache = Cache(folder / "converted")
        self.latency = CoreLatency()

    def source(self, network: str) -> Source:
        return networks.source(network, self.folder / "networks")

    def prepared(self, network: str, precision: str, source: Source) -> dict[str, Prepared | str]:
        """What each engine loads, or why it cannot."""
        found: dict[str, Prepared | str] = {}
        for engine in self.engines:
            try:
                found[engine] = self.cache.prepared(engine, precision, Path(network).stem, source)
            except RefusalError as error:
                found[engine] = str(error)
            print(f"{network} {precision} {engine}: {verdict(found[engine])}", file=sys.stderr, flush=True)
        return found

    def rows(
        self, network: str, precision: str, source: Source, reference: list[np.ndarray]
    ) -> list[dict[str, Any]]:
        """Figures of one network in one precision."""
        prepared = self.prepared(network, precision, source)
        rows = []
        for threads in self.threads:
            tasks = [
                (
                    Task("serve", engine, precision, made.folder, source, threads, realtime=self.realtime),
                    made.version,
                )
                for engine, made in prepared.items()
                if isinstance(made, Prepared)
            ]
            group = compared(tasks, reference, self.measure, self.latency)
            group += [
                {"engine": engine, "version": "", "reason": made}
                for engine, made in prepared.items()
                if isinstance(made, str)
            ]
            group.sort(key=lambda row: self.engines.index(row["engine"]))
            rows += [{"network": network, "precision": precision, "threads": threads, **row} for row in group]
        return rows

    def reference(self, network: str, source: Source) -> list[np.ndarray]:
        """The outputs of onnxruntime in fp32. Raises RefusalError if it cannot run the network."""
        made = self.cache.prepared("onnxruntime", "fp32", Path(network).stem, source)
        with started(Task("serve", "onnxruntime", "fp32", made.folder, source, loads=0)) as child:
            outputs: list[np.ndarray] = child.asked()[0]
        return outputs


def verdict(found: Prepared | str) -> str:
    return found if isinstance(found, str) else "ready"


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """The JSON document of a run."""
    rows: list[dict[str, Any]] = []
    with ExitStack() as stack:
        folder = arguments.cache or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        race = Race(arguments, folder.resolve())
        for network in arguments.networks:
            try:
                source = race.source(network)
                reference = [] if arguments.prepare else race.reference(network, source)
            except RefusalError as error:
                print(f"{network}: left out, {error}", file=sys.stderr, flush=True)
                rows += [{"network": network, "precision": precision, "threads": threads, "engine": engine,
                          "version": "", "reason": str(error)} for precision in arguments.precisions
                         for threads in race.threads for engine in race.engines]  # fmt: skip
                continue
            for precision in arguments.precisions:
                if arguments.prepare:
                    race.prepared(network, precision, source)
                    continue
                rows += (found := race.rows(network, precision, source, reference))
                print(tables.text(found), file=sys.stderr, flush=True)
        latency = race.latency
    versions = {row["engine"]: row["version"] for row in rows if row["version"]}
    return {"machine": machine(), "versions": versions, "core_latency_ns": latency.reason or latency.found,
            "rows": rows}  # fmt: skip


def about(document: dict[str, Any]) -> str:
    """Processor, versions, and how far apart the cores were."""
    versions = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    latency = document["core_latency_ns"]
    if isinstance(latency, list) and latency:
        latency = f"core to core {np.median(latency):.0f} ns, at most {max(latency):.0f} ns"
    return f"{document['machine']['processor']}; {versions}{f'; {latency}' if latency else ''}"


def machine() -> dict[str, str]:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {"processor": models[0] if models else platform.machine(), "processors": str(len(models)),
            "system": platform.platform()}  # fmt: skip


def stored(files: Sequence[str]) -> dict[str, Any]:
    """Runs of before as one."""
    documents = [json.loads(Path(file).read_text()) for file in files]
    versions = {name: version for document in documents for name, version in document["versions"].items()}
    rows = [row for document in documents for row in document["rows"]]
    return {**documents[0], "versions": versions, "rows": rows}


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", "--models", nargs="+", default=list(networks.RACED), metavar="NAME",
                        help=f"ONNX files, or any of {', '.join(networks.NAMES)}")  # fmt: skip
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=list(ENGINES))
    parser.add_argument("--precisions", "--precision", default="fp32", help="such as fp32,int8,fast")
    parser.add_argument("--threads", default="1,2", help="such as 1,2")
    parser.add_argument("--all", action="store_true", help="every network and precision")
    parser.add_argument("--rounds", type=int, default=Measure.rounds, help="turns of each engine")
    parser.add_argument("--turn-ms", type=float, default=Measure.turn_ms, help="about how long a turn takes")
    parser.add_argument(
        "--realtime", action="store_true", help="for busy machines, as root: go before others"
    )
    parser.add_argument("--cache", type=Path, help="a folder that keeps networks and conversions")
    parser.add_argument("--prepare", action="store_true", help="fill the cache, and measure nothing")
    parser.add_argument("--stored", nargs="+", metavar="JSON", help="show runs of before")
    parser.add_argument(
        "--check",
        nargs="*",
        metavar="JSON",
        help="exit with 1 unless ours leads as race/bars.py wants; JSON: in stored runs",
    )
    parser.add_argument("--json", metavar="FILE", help="write the rows there")
    arguments = parser.parse_args()
    arguments.precisions = list(PRECISIONS) if arguments.all else arguments.precisions.split(",")
    if unknown := set(arguments.precisions) - set(PRECISIONS):
        parser.error(f"--precisions: got {', '.join(unknown)}, expected some of {', '.join(PRECISIONS)}")
    arguments.threads = [int(word) for word in arguments.threads.split(",")]
    if arguments.prepare and not arguments.cache:
        parser.error("--prepare needs --cache")
    return arguments


def main() -> None:
    arguments = parsed()
    files = arguments.stored or arguments.check
    document = stored(files) if files else measured(arguments)
    if arguments.prepare:
        return
    rows = document["rows"]
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(document, indent=1))
    print(tables.text(rows), tables.markdown(rows, list(ENGINES)), about(document), sep="\n\n")
    if arguments.check is not None:
        seen = {row["network"] for row in rows}
        wanted = [bar for bar in bars() if arguments.all or files or bar.network in seen]
        found = misses(rows, wanted)
        print(*found, f"{len(wanted) - len(found)} of {len(wanted)} bars hold", sep="\n")
        sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
