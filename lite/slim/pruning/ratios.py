# SPDX-License-Identifier: Apache-2.0
"""How much of each layer can be pruned, from what pruning it alone was seen to lose."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Union

from lite.errors import InputError

Losses = Mapping[Union[float, str], float]  # loss by ratio; ratios are words in JSON


def get_ratios_by_loss(sensitivities: Mapping[str, Losses], loss: float) -> dict[str, float]:
    """The greatest ratio of each layer that loses no more than allowed, taken linearly between ratios tried.

    Parameters
    ----------
    sensitivities : mapping of layer to mapping of ratio to loss
        Losses are parts of the accuracy: 0.01 is a hundredth of it. Negative: it rose.
    loss : float
        That each layer may cost.

    Returns
    -------
    dict
        Without the layers whose every ratio costs more.

    Raises
    ------
    InputError
        If a ratio is not between 0 and 1, or a loss is no number.
    """
    if math.isnan(loss):
        raise InputError("it is NaN, expected a part of the accuracy, 0.01 say", where="loss")
    found = {layer: _greatest(_points(layer, losses), loss) for layer, losses in sensitivities.items()}
    return {layer: ratio for layer, ratio in found.items() if ratio is not None}


def _greatest(points: list[tuple[float, float]], loss: float) -> float | None:
    """From the greatest ratio that is cheap enough, some way towards the next one."""
    within = [position for position, (_, cost) in enumerate(points) if cost <= loss]
    if not within:
        return None
    ratio, cost = points[within[-1]]
    if within[-1] == len(points) - 1:
        return ratio
    next_ratio, next_cost = points[within[-1] + 1]
    return ratio + (loss - cost) / (next_cost - cost) * (next_ratio - ratio)


def _points(layer: str, losses: Losses) -> list[tuple[float, float]]:
    try:
        points = [(float(ratio), float(cost)) for ratio, cost in losses.items()]
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"got {losses!r}, expected a loss for each ratio; {error}",
                         where=f"layer {layer!r}") from error
    for ratio, cost in points:
        if not 0 < ratio < 1 or math.isnan(cost):
            expected = "expected a number for a ratio between 0 and 1"
            raise InputError(f"the loss of ratio {ratio} is {cost}, {expected}",
                             where=f"layer {layer!r}", hint="measure the layer again")
    return sorted(points)
