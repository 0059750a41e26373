# SPDX-License-Identifier: Apache-2.0
"""Processes of engines: started with the Python of their environment, stopped when it is not their turn."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from engines import ENGINES, RefusalError
from engines.child import Task

BENCH = Path(__file__).resolve().parents[1]


class Child:
    """A process with a task, and our end of its pipe."""

    def __init__(self, process: subprocess.Popen[bytes], connection: Connection, log: Any) -> None:
        self._process = process
        self._connection = connection
        self._log = log

    def asked(self, message: Any = None) -> Any:
        """Its answer, to a message if one is given.

        Raises
        ------
        RefusalError
            If it refuses, or is gone.
        """
        try:
            if message is not None:
                self._connection.send(message)
            word, value = self._connection.recv()
        except (EOFError, OSError) as error:
            raise RefusalError(self._last_words()) from error
        if word == "refused":
            raise RefusalError(value)
        return value

    def stop(self) -> None:
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self._process.pid, signal.SIGCONT)

    def end(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        self._connection.close()

    def _last_words(self) -> str:
        code = self._process.wait()
        self._log.seek(0)
        said = [line for line in self._log.read().decode(errors="replace").splitlines() if line.strip()]
        return f"its process ended with {code}: {said[-1].strip()[:200] if said else 'no word'}"


@contextmanager
def started(task: Task) -> Iterator[Child]:
    """A process at work on a task; killed in the end. Raises RefusalError if its environment is missing."""
    engine = ENGINES[task.engine]
    python = engine.interpreter(converts=task.verb == "prepare")
    inherited = [] if engine.environment else os.environ.get("PYTHONPATH", "").split(os.pathsep)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(BENCH), *inherited]))}
    ours, theirs = Pipe()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as log:  # some leave files behind
        process = subprocess.Popen(
            [python, "-m", "engines.child", str(theirs.fileno())], cwd=folder, env=environment,
            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        theirs.close()
        child = Child(process, ours, log)
        try:
            ours.send(task)
            yield child
        finally:
            child.end()


def answer(task: Task) -> Any:
    """What a process says to a task that ends with its first answer."""
    with started(task) as child:
        return child.asked()
