# SPDX-License-Identifier: Apache-2.0
"""A model file as a graph, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lite.ir import Graph

NB_IDENTIFIER = b"LTNB"


def is_nb(path: str) -> bool:
    """True if a file is called .nb or begins like one."""
    if Path(path).suffix == ".nb":
        return True
    try:
        with open(path, "rb") as file:
            return NB_IDENTIFIER in file.read(8)
    except OSError:
        return False


def load_graph(path: str, shapes: Mapping[str, Sequence[int]] | None = None) -> Graph:
    """The graph of a .nb, or of a source model as imported.

    Raises
    ------
    LiteError
        If the file cannot be read or holds what is not supported.
    """
    from lite import importers
    from lite.nb.reader import read

    return read(path) if is_nb(path) else importers.load(path, input_shapes=dict(shapes or {}))
