# SPDX-License-Identifier: Apache-2.0
"""Which layers of a quantization lose most, each by itself, and the recipe that keeps them float."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lite.compare.layers import Side, compare
from lite.compare.places import plain_name
from lite.ir import Graph
from lite.quant.calibrate import MakeExecutor

ENOUGH_SAMPLES = 8


@dataclass(frozen=True)
class LayerError:
    """How much noise a layer adds when it is fed what the float net has there.

    Attributes
    ----------
    layer : str
        Its name, as ``StaticPTQ(exclude=...)`` takes it.
    sqnr_db : float
        Signal to noise of what it makes.
    """

    layer: str
    sqnr_db: float


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
    known = {name: plain_name(value) for name, value in layers.items()}
    errors = [LayerError(name, own[value]) for name, value in known.items() if value in own]
    return sorted(errors, key=lambda error: error.sqnr_db)


def propose(errors: Sequence[LayerError], *, below_db: float = 15.0, most: int = 8) -> dict[str, list[str]]:
    """A recipe that keeps the worst layers float, as keywords of StaticPTQ.

    Parameters
    ----------
    errors : sequence of LayerError
        The worst first.
    below_db : float
        Layers with less signal to noise are kept float.
    most : int
        But no more than so many.
    """
    return {"exclude": [error.layer for error in errors[:most] if error.sqnr_db < below_db]}
