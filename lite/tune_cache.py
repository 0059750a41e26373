# SPDX-License-Identifier: Apache-2.0
"""The tuning cache, as sessions read it: which kernel was measured fastest for a layer on this processor.

``lite.tuning.kernels`` measures and writes it; docs/tuning.md describes the file.
"""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

from lite import _native
from lite.errors import InputError

TuneTable = _native.TuneTable
ENGINE, CPU = f"lite {_native.version}", _native.cpu_name()
VARIABLE = "LITE_TUNE_CACHE"
LONGEST_NAME = 80

_read: dict[tuple[str, int, int], TuneTable | None] = {}  # by path, time of change and size


class TuneCacheWarning(UserWarning):
    """A tuning cache cannot be used; the usual kernels run instead."""


def default_path() -> Path | None:
    """Where the cache of this processor lies: ``$LITE_TUNE_CACHE``, else in the user's folder of caches.

    None if the variable is set to nothing.
    """
    if VARIABLE in os.environ:
        return Path(os.environ[VARIABLE]) if os.environ[VARIABLE] else None
    folder = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    cpu = re.sub(r"[^A-Za-z0-9]+", "-", CPU)[:LONGEST_NAME].strip("-")
    return Path(folder, "lite", f"{cpu}.{_native.isa()}.tune")


def table_at(path: str | os.PathLike[str] | None) -> TuneTable | None:
    """The table that sessions shall use: of a file, of the default one for None, no table for "".

    Warns once of a file that cannot be used. A file that is not there is no fault, but one that the caller
    names is.
    """
    if path is not None and not isinstance(path, (str, os.PathLike)):
        raise InputError(f"got {path!r}, expected a path, '' or None", where="tune_cache")
    place = default_path() if path is None else os.fspath(path)
    if not place:
        return None
    try:
        status = os.stat(place)
    except (OSError, ValueError) as error:
        if path is not None:
            _warn(f"{os.fspath(place)}: {error.strerror}" if isinstance(error, OSError) else str(error))
        return None
    key = (os.fspath(place), status.st_mtime_ns, status.st_size)
    if key not in _read:
        _read[key], note = TuneTable.read(os.fspath(place))
        if note:
            _warn(note)
    return _read[key]


def _warn(note: str) -> None:
    warnings.warn(f"the tuning cache is not used: {note}", TuneCacheWarning, stacklevel=4)
