# SPDX-License-Identifier: Apache-2.0
"""Converted models, kept in a folder: by network, images that calibrated, engine, version, precision."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from engines import RefusalError, Source
from engines.child import Task

from .process import answer

REFUSED = "refused.txt"


@dataclass(frozen=True)
class Prepared:
    """A model that an engine can load, and the engine's version."""

    folder: Path
    version: str


class Cache:
    """Conversions in a folder. What cannot be converted is kept as the reason.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._versions: dict[tuple[str, str], tuple[str, str]] = {}

    def prepared(self, engine: str, precision: str, name: str, source: Source) -> Prepared:
        """The model for an engine, converted now if it was not before.

        Raises
        ------
        RefusalError
            If the engine is not there, or cannot have the model in this precision.
        """
        version, fingerprint = self._asked(engine, precision)
        parts = [source.model] if precision != "int8" else [source.model, source.images]
        place = (
            self.folder / f"{name}-{digest(*parts)}" / f"{engine}-{fingerprint}-{precision}".replace(" ", "-")
        )
        if not place.is_dir():
            self._convert(Task("prepare", engine, precision, place, source))
        if (place / REFUSED).is_file():
            raise RefusalError((place / REFUSED).read_text())
        return Prepared(place, version)

    def _asked(self, engine: str, precision: str) -> tuple[str, str]:
        """Version and fingerprint; refusals are asked again."""
        if (engine, precision) not in self._versions:
            self._versions[engine, precision] = answer(Task("ask", engine, precision, self.folder))
        return self._versions[engine, precision]

    def _convert(self, task: Task) -> None:
        """Into a folder beside, which gets its name when all is written."""
        rough = task.folder.with_name(task.folder.name + ".part")
        shutil.rmtree(rough, ignore_errors=True)
        rough.mkdir(parents=True)
        try:
            answer(Task(task.verb, task.engine, task.precision, rough, task.source))
        except RefusalError as error:
            (rough / REFUSED).write_text(str(error))
        rough.rename(task.folder)


def digest(*files: Path) -> str:
    """Of what lies in files."""
    found = hashlib.sha256()
    for path in files:
        found.update(path.read_bytes())
    return found.hexdigest()[:12]
