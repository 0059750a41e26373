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
    """True if a file begins like a .nb, or is called so and begins unlike one of Paddle Lite."""
    from lite.importers import begins_paddle_lite

    named = Path(path).suffix == ".nb"
    try:
        with open(path, "rb") as file:
            head = file.read(8)
    except OSError:
        return named
    return NB_IDENTIFIER in head or (named and not begins_paddle_lite(head))


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
