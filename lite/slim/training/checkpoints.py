# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: everything that decides how a training goes on, in one file, written whole or not at all."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union

import numpy as np
import torch

from lite.errors import InputError
from lite.nb.writer import write_atomically

FORMAT = "lite training checkpoint 1"
PathLike = Union[str, "os.PathLike[str]"]
State = dict[str, Any]  # of numbers, text, tensors, and tuples, lists and dicts of these


def write(path: PathLike, state: Mapping[str, Any]) -> None:
    """Write a checkpoint over the one before.

    Raises
    ------
    FileError
        If the disk is full, or the place cannot be written: the checkpoint before is still there.
    """
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **state}, buffer)
    write_atomically(Path(path), buffer.getvalue())


def read(path: PathLike) -> State | None:
    """A checkpoint; None if there is no such file.

    Raises
    ------
    InputError
        If the file is damaged, or no checkpoint.
    """
    if not Path(path).exists():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged files make PyTorch raise what it happens to meet
        raise InputError(f"it cannot be read as a checkpoint ({type(error).__name__})", where=str(path),
                         hint="delete it to begin anew") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise InputError(f"it is no checkpoint, expected {FORMAT!r}", where=str(path),
                         hint="name another file")
    return state


def demand_same(path: PathLike, found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Refuse the checkpoint of another run.

    Raises
    ------
    InputError
    """
    for name, value in expected.items():
        if found.get(name) != value:
            raise InputError(f"it is of another run: {name} was {found.get(name)!r}, now it is {value!r}",
                             where=str(path), hint="delete it to begin anew, or name another file")


def seed_all(seed: int) -> None:
    """Give random, numpy and PyTorch a seed."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def randomness() -> State:
    """Where the generators of random, numpy and PyTorch are."""
    kind, keys, position, has_normal, normal = np.random.get_state()
    return {"random": random.getstate(), "torch": torch.get_rng_state(),
            "numpy": (kind, torch.from_numpy(np.asarray(keys, np.int64)), position, has_normal, normal)}


def restore_randomness(state: Mapping[str, Any]) -> None:
    """Put the generators where they were."""
    kind, keys, position, has_normal, normal = state["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), position, has_normal, normal))
    random.setstate(state["random"])
    torch.set_rng_state(state["torch"])
