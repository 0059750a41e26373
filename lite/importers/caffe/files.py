# SPDX-License-Identifier: Apache-2.0
"""Which two files a Caffe model is made of."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Union

from lite.errors import FileError, ModelFormatError

PathLike = Union[str, "os.PathLike[str]"]

NETWORK, WEIGHTS = ".prototxt", ".caffemodel"
_WHAT = {NETWORK: "the network", WEIGHTS: "the weights"}


@dataclass(frozen=True)
class ModelFiles:
    """The text that describes a network, and its weights."""

    network: Path
    weights: Path


def find_files(source: PathLike, param_file: PathLike | None = None) -> ModelFiles:
    """The files of a model.

    Parameters
    ----------
    source : path
        The .prototxt, the .caffemodel, or a folder that holds one pair. The other file of a pair is the one
        of the same stem beside it, or the only one there.
    param_file : path, optional
        The .caffemodel, if it does not lie there.

    Raises
    ------
    FileError
        If a file does not exist.
    ModelFormatError
        If it is not clear which files belong together.
    """
    path = Path(source)
    if path.is_dir():
        path = _only(path, WEIGHTS if param_file is None else NETWORK)
    if not path.is_file():
        raise FileError("there is no such file", where=str(path))
    if path.suffix.lower() == WEIGHTS and param_file is None:
        return ModelFiles(_partner(path, NETWORK), path)
    weights = Path(param_file) if param_file is not None else _partner(path, WEIGHTS)
    if not weights.is_file():
        raise FileError("the file of weights is not there", where=str(weights))
    return ModelFiles(path, weights)


def _partner(path: Path, suffix: str) -> Path:
    same = path.with_suffix(suffix)
    return same if same.is_file() else _only(path.parent, suffix, path)


def _only(folder: Path, suffix: str, partner: Path | None = None) -> Path:
    """The only file of a folder that ends so."""
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() == suffix and path.is_file())
    if len(found) == 1:
        return found[0]
    names = f" ({', '.join(path.name for path in found)})" if found else ""
    wanted = f"{partner.with_suffix(suffix).name}, or just one" if partner else "one"
    raise ModelFormatError(
        f"{_WHAT[suffix]} of the model cannot be told: the folder holds {len(found)} files "
        f"*{suffix}{names}, expected {wanted}",
        where=str(partner or folder),
        hint="name both files: --model_file net.prototxt --param_file net.caffemodel",
    )
