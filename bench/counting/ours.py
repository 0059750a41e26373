# SPDX-License-Identifier: Apache-2.0
"""Our engine: the program ``counted``, cross-built with clang, on models of bench/zoo."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from engines import Source
from race import networks
from race.cache import Cache

from .blocks import Counts, Symbols
from .cores import Core
from .run import Counter, CountingError

ROOT = Path(__file__).resolve().parents[2]
WHOLE = "1"  # the label that counted.cc gives a run as a whole
PRECISIONS = ("fp32", "int8", "fast")


@dataclass(frozen=True)
class Layer:
    """One step of a session, with what it executed."""

    op: str
    kernel: str
    name: str
    counts: Counts


@dataclass(frozen=True)
class Inference:
    """One run of a model."""

    isa: str
    counts: Counts
    layers: list[Layer]


class Program:
    """``counted`` for a core, built now if its sources changed.

    Parameters
    ----------
    core : Core
    folder : Path
        For builds of all architectures.
    """

    def __init__(self, core: Core, folder: Path) -> None:
        self.core = core
        processor = "aarch64" if core.wide else "armv7"
        build = folder / processor
        if not (build / "build.ninja").is_file():
            settings = {
                "CMAKE_TOOLCHAIN_FILE": ROOT / "tools/cmake" / f"{processor}-linux.cmake",
                "LITE_CROSS_COMPILER": "clang", "LITE_BUILD_BENCH": "ON", "Python_EXECUTABLE": sys.executable,
                "LITE_PYTHON_PACKAGE": build / "package",
            }  # fmt: skip
            options = [f"-D{name}={value}" for name, value in settings.items()]
            called(["cmake", "-S", str(ROOT), "-B", str(build), "-G", "Ninja", *options])
        called(["cmake", "--build", str(build), "--target", "counted"])
        self.path = build / "bench" / "counted"
        self.symbols = Symbols(self.path)

    def run(self, counter: Counter, model: Path, precision: str) -> Inference:
        """Count one inference of a .nb."""
        mode = ["fast"] if precision == "fast" else []
        environment = {"LITE_CACHE_BYTES": str(self.core.cache)}
        counted = counter.run(self.core, [self.path, model, *mode], environment=environment)
        rows = [line.split("\t") for line in counted.output.splitlines()]
        (isa,) = (row[1] for row in rows if row[0] == "isa")
        steps, laps = [row[1:] for row in rows if row[0] == "layer"], counted.laps
        if len(laps) != 2 * len(steps):
            raise CountingError(
                f"the clock was read {len(laps)} times, expected twice for {len(steps)} layers"
            )
        layers = [Layer(*step, counts) for step, counts in zip(steps, laps[1::2])]
        return Inference(isa, counted.region(WHOLE), layers)


class Models:
    """Networks of bench/zoo as engines load them, kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cache = Cache(folder / "converted")

    def source(self, network: str) -> Source:
        return networks.source(network, self._folder / "networks")

    def of(self, engine: str, network: str, precision: str) -> tuple[Path, Path]:
        """Folder of what an engine loads, and the images.

        Raises
        ------
        RefusalError
            If it cannot have the network in this precision.
        """
        stored, source = "int8" if precision == "int8" else "fp32", self.source(network)
        prepared = self._cache.prepared(engine, stored, Path(network).stem, source)
        return prepared.folder, source.images

    def model(self, network: str, precision: str) -> Path:
        """A .nb."""
        return self.of("lite", network, precision)[0] / "model.nb"


def called(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()
        raise CountingError(f"{' '.join(command[:2])} ended with {done.returncode}: {said[-1500:]}")
