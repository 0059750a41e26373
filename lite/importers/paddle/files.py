# SPDX-License-Identifier: Apache-2.0
"""Which files a Paddle model is made of: the layouts of fluid 1.x to Paddle 3.x."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Union

from lite.errors import FileError, ModelFormatError

PathLike = Union[str, "os.PathLike[str]"]

# Names of a program in a folder, and names of the combined parameter file that may lie beside it.
_PAIRS = (
    ("__model__", ("__params__", "params", "weights")),
    ("model", ("params", "weights", "vars", "__params__")),
)
_PIR_STEMS = ("inference", "model")  # where no parameters lie beside them
_PROGRAM_SUFFIXES, _PARAMETERS_SUFFIX = (".pdmodel", ".json"), ".pdiparams"
_LAYOUTS = (
    "*.json + *.pdiparams, *.pdmodel + *.pdiparams, __model__ + __params__, __model__ + a file per variable, "
    "model + params"
)


@dataclass(frozen=True)
class ModelFiles:
    """A program and where its parameters are.

    Attributes
    ----------
    program : Path
    parameters : Path, optional
        The combined file; None if each parameter has a file beside the program.
    """

    program: Path
    parameters: Path | None

    @property
    def folder(self) -> Path:
        return self.program.parent


def find_files(source: PathLike, param_file: PathLike | None = None) -> ModelFiles:
    """The files of a model.

    Parameters
    ----------
    source : path
        A folder, a program (.json, .pdmodel, __model__) or a combined parameter file beside its program.
    param_file : path, optional
        The combined parameter file, if it does not lie where it usually does.

    Raises
    ------
    FileError
        If a file does not exist.
    ModelFormatError
        If the folder holds no model, or several.
    """
    path = Path(source)
    if path.is_dir():
        path = _program_in(path)
    elif path.suffix == _PARAMETERS_SUFFIX and param_file is None:
        beside = [path.with_suffix(suffix) for suffix in _PROGRAM_SUFFIXES]
        program = next((program for program in beside if program.is_file()), beside[0])
        return ModelFiles(_existing(program, "the program"), _existing(path, "parameters"))
    _existing(path, "the program")
    parameters = (
        _parameters_of(path) if param_file is None else _existing(Path(param_file), "the parameter file")
    )
    return ModelFiles(path, parameters)


def _existing(path: Path, what: str) -> Path:
    if not path.is_file():
        raise FileError(f"{what} is not there", where=str(path), hint=f"known layouts are {_LAYOUTS}")
    return path


def _program_in(folder: Path) -> Path:
    named = [folder / program for program, _ in _PAIRS if (folder / program).is_file()]
    beside = sorted(path.stem for path in folder.glob(f"*{_PARAMETERS_SUFFIX}"))
    found = sorted(folder.glob("*.pdmodel")) + named
    found += [path for path in (folder / f"{stem}.json" for stem in beside or _PIR_STEMS) if path.is_file()]
    if len(found) == 1:
        return found[0]
    what = (
        f"holds several models ({', '.join(path.name for path in found)})"
        if found
        else "holds no Paddle model"
    )
    raise ModelFormatError(
        f"the folder {what}",
        where=str(folder),
        hint="name the program's file" if found else f"known layouts are {_LAYOUTS}",
    )


def _parameters_of(program: Path) -> Path | None:
    """The combined parameter file that belongs to a program, None if there is none."""
    beside = program.with_suffix(_PARAMETERS_SUFFIX)
    if program.suffix == ".json" and not beside.is_file():
        return None  # Paddle 3 writes none for a program without parameters
    if program.suffix in _PROGRAM_SUFFIXES:
        return _existing(beside, "the parameter file")
    names = dict(_PAIRS).get(program.name, ("__params__",))
    return next((program.parent / name for name in names if (program.parent / name).is_file()), None)
