# SPDX-License-Identifier: Apache-2.0
"""Which channels of a layer matter least."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lite.errors import InputError

BATCH_NORM_SCALE = "bn_scale"


def importance(weights: np.ndarray, criterion: str = "l1_norm", *, axis: int = 0) -> np.ndarray:
    """A number for each channel: what has little can be pruned first.

    Parameters
    ----------
    weights : ndarray
        Of a layer, or the scales of a batch norm.
    criterion : {"l0_norm", "l1_norm", "l2_norm", "geometry_median", "bn_scale"}
        Weights that are not 0, sum of their sizes, root of their squares; or the sum of the distances to all
        other channels, which is small near the geometric median, where others can stand in (He et al. 2019,
        Filter Pruning via Geometric Median). ``bn_scale`` is ``l1_norm`` of a batch norm's scales.
    axis : int
        Of the channels.

    Returns
    -------
    ndarray
        float64, as many as there are channels.

    Raises
    ------
    InputError
    """
    if criterion not in CRITERIA:
        raise InputError(f"there is no criterion {criterion!r}, expected one of {', '.join(CRITERIA)}",
                         where="criterion")
    if not -weights.ndim <= axis < weights.ndim:
        raise InputError(f"axis is {axis}, but the weights have {weights.ndim} axes", where="axis")
    if not np.all(np.isfinite(weights)):
        lost = int(np.sum(~np.isfinite(weights)))
        raise InputError(f"{lost} of {weights.size} weights are NaN or infinite", where="weights",
                         hint="the model was damaged, or its training diverged")
    channels = np.moveaxis(weights, axis, 0).reshape(weights.shape[axis], -1)
    return CRITERIA[criterion](channels.astype(np.float64))


def least_important(scores: np.ndarray, ratio: float) -> np.ndarray:
    """Positions of the channels to prune, ascending: the part ``ratio`` with the least scores, not all.

    Raises
    ------
    InputError
        If the ratio is not from 0 to below 1.
    """
    if not 0 <= ratio < 1:
        raise InputError(f"the ratio is {ratio}, expected 0 <= ratio < 1", where="ratio")
    count = min(round(len(scores) * ratio), max(len(scores) - 1, 0))
    return np.sort(np.argsort(scores, kind="stable")[:count])


def _distances(channels: np.ndarray) -> np.ndarray:
    return np.array([np.linalg.norm(channels - channel, axis=1).sum() for channel in channels])


CRITERIA: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "l0_norm": lambda channels: np.count_nonzero(channels, axis=1).astype(np.float64),
    "l1_norm": lambda channels: np.abs(channels).sum(axis=1),
    "l2_norm": lambda channels: np.linalg.norm(channels, axis=1),
    "geometry_median": _distances,
    BATCH_NORM_SCALE: lambda scales: np.abs(scales).sum(axis=1),
}
