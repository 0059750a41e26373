# SPDX-License-Identifier: Apache-2.0
"""Which layers of a quantization lose most, each by itself, and the recipe that keeps them float."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lite.compare.layers import Side, compare
from lite.compare.pieces import common_names, layers_by_piece
from lite.ir import Graph
from lite.quant.calibrate import MakeExecutor

ENOUGH_SAMPLES = 8


@dataclass(frozen=True)
class LayerError:
    """How much noise is added between values that the float net has too.

    Attributes
    ----------
    value : str
        Where that shows.
    sqnr_db : float
        Signal to noise there, when all that is read is what the float net has.
    layers : tuple of str
        What makes it: names as ``StaticPTQ(exclude=...)`` takes them.
    """

    value: str
    sqnr_db: float
    layers: tuple[str, ...]


def layer_errors(floats: Graph, integers: Graph, layers: Mapping[str, str], make_executor: MakeExecutor,
                 samples: Iterable[Mapping[str, np.ndarray]]) -> list[LayerError]:
    """The layers of a quantized net, the worst first.

    Parameters
    ----------
    floats, integers : Graph
        The net before and after its quantization.
    layers : mapping of str to str
        By name of each integer layer, the value that it makes (``Outcome.layers``).
    make_executor : MakeExecutor
    samples : iterable of dict of str to array
        A few are enough.
    """
    some = (feeds for feeds, _ in zip(samples, range(ENOUGH_SAMPLES)))
    result = compare(Side(floats, "float", make_executor), Side(integers, "integers", make_executor), some)
    own = {row.name: row.isolated.sqnr_db for row in result.rows if row.isolated is not None}
    pieces = layers_by_piece(layers, integers, common_names(floats, integers))
    errors = [LayerError(value, own[value], tuple(inside))
              for value, inside in pieces.items() if value in own]
    return sorted(errors, key=lambda error: error.sqnr_db)


def propose(errors: Sequence[LayerError], *, below_db: float = 15.0, most: int = 8) -> dict[str, list[str]]:
    """A recipe that keeps the worst layers float, as keywords of StaticPTQ.

    Parameters
    ----------
    errors : sequence of LayerError
        The worst first.
    below_db : float
        Where there is less signal to noise, the layers are kept float.
    most : int
        But at no more than so many places.
    """
    worst = [error for error in errors[:most] if error.sqnr_db < below_db]
    return {"exclude": [layer for error in worst for layer in error.layers]}
