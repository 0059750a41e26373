# SPDX-License-Identifier: Apache-2.0
"""What every engine under comparison is: prepare a model beforehand, load it, run it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

PRECISIONS = ("fp32", "int8", "fast")


class RefusalError(Exception):
    """An engine cannot run this model in this precision; the text says why."""


@dataclass(frozen=True)
class Source:
    """A network as engines get it.

    Attributes
    ----------
    model : Path
        An ONNX file with one input of fixed shape.
    images : Path
        A .npy file, [count, *shape of the input]: all but the last calibrate int8, the last is timed.
    paddle : Path, optional
        The same network as a folder of Paddle's files, if its authors published it so.
    """

    model: Path
    images: Path
    paddle: Path | None = None

    def calibration(self) -> Iterator[np.ndarray]:
        """Images as the input wants them, one after another."""
        images = np.load(self.images, mmap_mode="r")
        return (np.array(image) for image in images[:-1])

    def timed(self) -> np.ndarray:
        return np.array(np.load(self.images, mmap_mode="r")[-1])


class Engine:
    """One engine with one model.

    Parameters
    ----------
    folder : Path
        Where ``prepare`` wrote the model.
    precision : str
        One of ``PRECISIONS``: fp32; int8, calibrated; fast, floats of 16 bits where they are quicker.
    threads : int

    Attributes
    ----------
    name : str
    environment : str
        Its virtual environment in $LITE_PEERS; "": the one at hand.
    install : str
        What pip installs there.
    converter : str
        The environment of ``prepare``; None: the engine's. ``install_converter`` is for it.
    """

    name = ""
    environment = ""
    install = ""
    converter: str | None = None
    install_converter = ""

    def __init__(self, folder: Path, precision: str, threads: int) -> None:
        raise NotImplementedError

    @classmethod
    def refusal(cls, precision: str) -> str | None:
        """Why it cannot run any model so; None if it may. Asked in its own environment."""
        return None

    @classmethod
    def prepare(cls, source: Source, precision: str, folder: Path) -> None:
        """Convert the model into files of a folder; not timed.

        Raises
        ------
        RefusalError
            If this model cannot be had in this precision.
        """
        raise NotImplementedError

    @classmethod
    def version(cls) -> str:
        """Also imports all that loading a model needs, so that imports are not timed."""
        raise NotImplementedError

    @classmethod
    def fingerprint(cls) -> str:
        """Changes when conversions may come out otherwise."""
        return cls.version()

    def fed(self, image: np.ndarray) -> Any:
        """The input as the engine likes it best; not timed."""
        return image

    def run(self, fed: Any) -> list[np.ndarray]:
        """Hand over the input, run, read the outputs: this is timed."""
        raise NotImplementedError

    def restored(self, outputs: list[np.ndarray]) -> list[np.ndarray]:
        """Outputs in the layout of the ONNX file; not timed."""
        return outputs

    @classmethod
    def interpreter(cls, converts: bool = False) -> Path:
        """The Python of its environment, or of its converter's.

        Raises
        ------
        RefusalError
            If there is none.
        """
        name, install = cls.environment, cls.install
        if converts and cls.converter is not None:
            name, install = cls.converter, cls.install_converter
        if not name:
            return Path(sys.executable)
        peers = os.environ.get("LITE_PEERS")
        python = Path(peers or "$LITE_PEERS", name, "bin/python")
        if peers and python.is_file():
            return python
        folder = f"$LITE_PEERS/{name}"
        raise RefusalError(
            f"there is no {python}; python -m venv {folder} && {folder}/bin/pip install {install}"
        )
