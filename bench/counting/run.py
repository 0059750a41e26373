# SPDX-License-Identifier: Apache-2.0
"""Programs under the emulator with its counting plugin, which is compiled when it is needed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from .blocks import Counts, read_counts
from .cores import Core

SOURCE = Path(__file__).with_name("counter.c")
PACKAGES = {"qemu-aarch64": "qemu-user", "qemu-arm": "qemu-user", "llvm-mca-19": "llvm-19", "cc": "gcc",
            "clang++-19": "clang-19", "ld.lld-19": "lld-19"}  # fmt: skip


class MissingToolError(Exception):
    """A program of the system is not there; the text names its package."""


class CountingError(Exception):
    """An emulated program failed; the text has its last words."""


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise MissingToolError(f"there is no {name}: apt-get install {PACKAGES.get(name, name)}")
    return found


@dataclass(frozen=True)
class Counted:
    """What a program did: its regions by label, in the order in which they ended, and its standard output."""

    regions: list[tuple[str, Counts]]
    output: str

    def region(self, label: str) -> Counts:
        """The last one of that label."""
        found = [counts for name, counts in self.regions if name == label]
        if not found:
            raise CountingError(f"the program marked no region {label!r}; it said: {self.output[-300:]}")
        return found[-1]

    @property
    def laps(self) -> list[Counts]:
        return [counts for name, counts in self.regions if name == "lap"]


class Counter:
    """The plugin, compiled into a folder that lives as long as the ``with`` block.

    Raises
    ------
    MissingToolError
        If there is no C compiler.
    """

    def __enter__(self) -> Counter:
        self._folder = tempfile.TemporaryDirectory()
        self._plugin = Path(self._folder.name, "counter.so")
        command = [tool("cc"), "-O2", "-fPIC", "-shared", str(SOURCE), "-o", str(self._plugin)]
        subprocess.run(command, check=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def run(
        self,
        core: Core,
        command: Sequence[str | Path],
        root: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Counted:
        """Run a program of the core's architecture to its end.

        Parameters
        ----------
        core : Core
        command : sequence of str or Path
        root : Path, optional
            Where the emulator looks for absolute paths first; else a folder with the core's /proc/cpuinfo.
        environment : mapping, optional
            Of the program, beside the one at hand.

        Raises
        ------
        CountingError
            If the program ends with another code than 0.
        """
        with tempfile.TemporaryDirectory() as folder:
            counts = Path(folder, "counts.txt")
            if root is None:
                root = Path(folder, "root")
                core.write_root(root)
            variables = [part for pair in (environment or {}).items() for part in ("-E", "=".join(pair))]
            whole = [tool(core.emulator), "-cpu", core.emulated, "-plugin", f"{self._plugin},out={counts}",
                     "-L", str(root), *variables, *map(str, command)]  # fmt: skip
            done = subprocess.run(whole, capture_output=True, text=True, errors="replace")
            if done.returncode != 0:
                words = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
                raise CountingError(f"{command[0]} on {core.name} ended with {done.returncode}: {words}")
            return Counted(read_counts(counts), done.stdout)
