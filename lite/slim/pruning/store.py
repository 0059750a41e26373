# SPDX-License-Identifier: Apache-2.0
"""Sensitivities in a file that several processes may fill at once, and that an interruption leaves whole.

The file is JSON: what was measured (model, criterion), the accuracy before, and losses by layer and ratio. It
is written anew after each measurement, under a lock on a hidden file beside it. Each measurement has a lock
of its own there, so that no two processes measure the same; a lock goes with the process that has it.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Union

from lite.errors import FileError, InputError
from lite.nb.writer import write_atomically

try:
    import fcntl
except ImportError:  # no POSIX: one process at a time
    fcntl = None  # type: ignore[assignment,unused-ignore]

FORMAT = "lite sensitivities 1"
WHOLE = 0  # the byte of the lock on the file itself; those behind it are of measurements
PathLike = Union[str, "os.PathLike[str]"]
Losses = dict[str, dict[float, float]]


class Store:
    """Losses that were measured already.

    Parameters
    ----------
    path : path, optional
        None keeps them in memory.
    subject : mapping of str to str
        What is measured; the store of another subject is refused.

    Raises
    ------
    InputError
        If the file is damaged, no store, or of another subject.
    FileError
    """

    def __init__(self, path: PathLike | None, subject: Mapping[str, str]) -> None:
        self._path, self._subject = None if path is None else Path(path), dict(subject)
        self.baseline: float | None = None
        self.losses: Losses = {}
        self._locks: int | None = None  # one descriptor: closing any one of a file gives up all of its locks
        if self._path is not None:
            self._read()
            self._locks = None if fcntl is None else _opened(self._path.with_name(f".{self._path.name}.lock"))

    def close(self) -> None:
        """Give up all locks."""
        if self._locks is not None:
            os.close(self._locks)
            self._locks = None

    def find(self, layer: str, ratio: float) -> float | None:
        """A loss that was measured, here or by another process."""
        return self.losses.get(layer, {}).get(ratio)

    def keep(self, *, baseline: float | None = None, loss: tuple[str, float, float] | None = None) -> None:
        """Write a measurement: the accuracy before, or a loss of a layer at a ratio.

        Raises
        ------
        FileError
            If it cannot be written; what was written before is still there.
        """
        with self._locked(WHOLE):
            self._read()
            self.baseline = baseline if self.baseline is None else self.baseline
            if loss is not None:
                self.losses.setdefault(loss[0], {})[loss[1]] = loss[2]
            self._write()

    @contextlib.contextmanager
    def claimed(self, what: str, *, wait: bool) -> Iterator[bool]:
        """Whether this process may measure something; the file is read again then.

        Without waiting it may not if another process does so now.
        """
        with self._locked(1 + zlib.crc32(what.encode()), wait=wait) as is_mine:
            if is_mine and self._path is not None:
                self._read()
            yield is_mine

    @contextlib.contextmanager
    def _locked(self, place: int, wait: bool = True) -> Iterator[bool]:
        is_mine = self._locks is None or _lock(self._locks, place, wait)
        try:
            yield is_mine
        finally:
            if is_mine and self._locks is not None:
                fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, place)

    def _read(self) -> None:
        if self._path is None or not self._path.exists():
            return
        content = read_json(self._path)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise InputError(f"it is no store of sensitivities, expected format {FORMAT!r}",
                             where=str(self._path), hint="name another file")
        for name, value in self._subject.items():
            if content.get(name) != value:
                raise InputError(f"it is of another {name}: {content.get(name)!r}, now it is {value!r}",
                                 where=str(self._path), hint="name another file, or delete this one")
        self.baseline = content.get("baseline")
        self.losses = numbers(content.get("losses"), str(self._path))

    def _write(self) -> None:
        if self._path is None:
            return
        content = {"format": FORMAT, **self._subject, "baseline": self.baseline, "losses": self.losses}
        write_atomically(self._path, (json.dumps(content, indent=1, sort_keys=True) + "\n").encode())


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise FileError(f"cannot be opened: {error.strerror}", where=str(path),
                        hint="check that the folder exists, may be written and has room") from error


def _lock(descriptor: int, place: int, wait: bool) -> bool:
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB), 1, place)
    except BlockingIOError:
        return False
    return True


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises
    ------
    FileError, InputError
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except ValueError as error:
        raise InputError(f"it is damaged, or no JSON: {error}", where=str(path),
                         hint="delete it to begin anew, or name another file") from error


def numbers(found: Any, where: str) -> Losses:
    """Losses by layer and ratio, checked; ratios are words in JSON."""
    try:
        losses = {str(layer): {float(ratio): float(loss) for ratio, loss in sorted(row.items())}
                  for layer, row in found.items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(f"it holds no losses by layer and ratio: {error}", where=where,
                         hint="name another file") from error
    for layer, row in losses.items():
        for ratio, loss in row.items():
            if not (0 < ratio < 1 and math.isfinite(loss)):
                raise InputError(f"the loss of layer {layer!r} at ratio {ratio} is {loss}", where=where,
                                 hint="delete it to begin anew, or name another file")
    return losses


