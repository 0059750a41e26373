# SPDX-License-Identifier: Apache-2.0
"""How long a cache line takes from one processor to another: virtual cores may lie far apart, and move."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("core_latency.c")
BOUNCES, BATCHES = 2000, 9


class CoreLatency:
    """Between processors 0 and 1, by two pinned threads that hand a number to and fro.

    The few lines of C are compiled by ``cc``; without one nothing is measured, and ``reason`` says so.
    """

    def __init__(self) -> None:
        compiler = shutil.which("cc")
        self.reason = "" if compiler else "core-to-core latency is not measured: there is no C compiler, cc"
        self.found: list[float] = []
        if compiler:
            with tempfile.TemporaryDirectory() as folder:
                library = Path(folder, "core_latency.so")
                command = [compiler, "-O2", "-shared", "-fPIC", "-pthread", str(SOURCE), "-o", str(library)]
                subprocess.run(command, check=True)
                self._measure = ctypes.CDLL(str(library)).core_latency_ns
            self._measure.restype = ctypes.c_double

    def measured(self) -> float:
        """Nanoseconds from one to the other, the least of some batches; 0 if it cannot be measured."""
        if self.reason:
            return 0.0
        self.found.append(min(float(self._measure(0, 1, BOUNCES)) for _ in range(BATCHES)))
        return self.found[-1]
