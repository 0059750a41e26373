# SPDX-License-Identifier: Apache-2.0
"""Ours, from a .nb."""

from __future__ import annotations

import hashlib
import inspect
from pathlib import Path

import numpy as np

from .engine import Engine, Source


class Lite(Engine):
    """Ours: fp32; int8 by StaticPTQ with its defaults; fast by ``precision="fast"`` of the session."""

    name = "lite"

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        from lite.session import Model

        options = {"precision": "fast"} if precision == "fast" else {}
        self.session = Model(folder / "model.nb").session(threads=threads, **options)
        self.session.resize({info.name: info.shape for info in self.session.inputs})  # plans: part of loading
        (self.input,) = (info.name for info in self.session.inputs)

    @classmethod
    def refusal(cls, precision: str) -> str | None:
        from lite.session import Model

        if precision == "fast" and "precision" not in inspect.signature(Model.session).parameters:
            return 'this build has no precision="fast"'
        return None

    @classmethod
    def prepare(cls, source: Source, precision: str, folder: Path) -> None:
        import lite

        options = {"quantize": lite.StaticPTQ(list(source.calibration()))} if precision == "int8" else {}
        lite.convert(source.model, folder / "model.nb", **options)

    @classmethod
    def version(cls) -> str:
        import lite.session

        return str(lite.__version__)

    @classmethod
    def fingerprint(cls) -> str:
        """Of the code: a version under development has many states."""
        import lite

        digest = hashlib.sha256()
        package = Path(str(lite.__file__)).parent
        for path in sorted([*package.rglob("*.py"), *package.glob("_native*.so")]):
            digest.update(path.read_bytes())
        return f"{cls.version()}-{digest.hexdigest()[:12]}"

    def run(self, fed: np.ndarray) -> list[np.ndarray]:
        return self.session.run(None, {self.input: fed})
