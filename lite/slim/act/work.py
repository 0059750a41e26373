# SPDX-License-Identifier: Apache-2.0
"""The folder of a compression: what is finished stays finished, and is found again by what it was made of."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lite.errors import FileError, LiteError
from lite.ir import Graph
from lite.nb import reader, writer
from lite.slim.act.digests import digest

MODEL, NET, FACTS = "model.nb", "net.nb", "facts.json"
KEY_LENGTH = 12


@dataclass(frozen=True)
class Stage:
    """What a stage made.

    Attributes
    ----------
    name, key : str
    nb : bytes
        The model as it would be deployed.
    net : Graph or None
        The float graph, for stages behind this one; None where the stage left it as it was.
    facts : dict
        In JSON's types: score, what was chosen.
    was_done : bool
        Whether it was found, not made.
    """

    name: str
    key: str
    nb: bytes
    net: Graph | None
    facts: dict[str, Any]
    was_done: bool = False


Made = tuple[bytes, "Graph | None", dict[str, Any]]


class Work:
    """Stages in a folder, each in one of its own, named by a digest of all that decides what comes out.

    A stage that runs has a folder ending in ".partial", in which it may leave what it needs to go on; when it
    is done, the folder is renamed.

    Parameters
    ----------
    folder : path
        Made if it is missing.
    facts : mapping
        What decides about every stage, in JSON's types.
    """

    def __init__(self, folder: str | os.PathLike[str], facts: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        self._facts = dict(facts)
        self._made: dict[str, Stage] = {}  # in this run
        with _told(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)

    def stage(self, name: str, facts: Mapping[str, Any], make: Callable[[Path], Made]) -> Stage:
        """What a stage makes: found if it was done before, else made.

        Parameters
        ----------
        name : str
        facts : mapping
            What decides about this stage beside that, in JSON's types.
        make : callable(folder) -> (bytes, Graph or None, facts)

        Raises
        ------
        FileError
            If the folder cannot be written; what was finished before stays.
        """
        key = digest({**self._facts, "stage": name, **facts})
        final = self.folder / f"{name}-{key[:KEY_LENGTH]}"
        found = self._made.get(key) or _read(name, key, final)
        if found is None:
            found = self._new(name, key, final, make)
        self._made[key] = found
        return found

    def remembered(self, name: str, key: str, make: Callable[[], Any]) -> Any:
        """What ``make`` gave for a key when it was first asked, in JSON's types: times differ, what follows
        from them must not."""
        path = self.folder / f"{name}.json"
        try:
            known = dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            known = {}
        if key not in known:
            known[key] = make()
            write_json(path, known)
        return known[key]

    def _new(self, name: str, key: str, final: Path, make: Callable[[Path], Made]) -> Stage:
        partial = final.with_name(final.name + ".partial")
        with _told(partial):
            partial.mkdir(exist_ok=True)
        nb, net, said = make(partial)
        self._write(partial, nb, net, {**said, "key": key})
        with _told(final):
            if final.exists():
                shutil.rmtree(final)
            os.replace(partial, final)
        return Stage(name, key, nb, net, said)

    def _write(self, partial: Path, nb: bytes, net: Graph | None, facts: dict[str, Any]) -> None:
        writer.write_atomically(partial / MODEL, nb)
        if net is not None:
            writer.write(net, partial / NET)
        write_json(partial / FACTS, facts)


def _read(name: str, key: str, folder: Path) -> Stage | None:
    """A finished stage; None if there is none, or it is damaged."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        nb = (folder / MODEL).read_bytes()
        net = reader.read(folder / NET) if (folder / NET).exists() else None
        reader.read_header(nb)
    except (OSError, ValueError, LiteError):
        return None
    if facts.pop("key", None) != key:
        return None
    return Stage(name, key, nb, net, facts, was_done=True)


@contextlib.contextmanager
def _told(path: Path) -> Any:
    """What the system says about a path, as an error with words."""
    try:
        yield
    except OSError as error:
        raise FileError(f"cannot write: {error.strerror or error}", where=str(path),
                        hint="check that the folder exists, may be written and has room; what was finished "
                             "before is kept") from error


def write_json(path: Path, facts: Mapping[str, Any]) -> None:
    """Whole or not at all."""
    writer.write_atomically(path, (json.dumps(facts, indent=2, sort_keys=True) + "\n").encode())
