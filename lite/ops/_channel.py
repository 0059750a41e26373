# SPDX-License-Identifier: Apache-2.0
"""Shapes of the ops that scale and shift channels."""

from __future__ import annotations

from lite.errors import ShapeError
from lite.ir import Extent, TensorType
from lite.ops._broadcast import FLOATS, check_axis, check_dtype, check_same_dtype


def check_channels(x: TensorType, axis: int, **parameters: TensorType) -> None:
    """Refuse parameters that are not one value a channel."""
    check_dtype("x", x, FLOATS)
    check_axis(axis, x.rank)
    for role, parameter in parameters.items():
        check_same_dtype(x, parameter)
        if parameter.shape != (x.shape[axis],):
            raise ShapeError(f"{role} has shape {list(parameter.shape)}, expected [{x.shape[axis]}], "
                             f"the channels at axis {axis}")


def channel_shape(rank: int, axis: int, channels: Extent) -> tuple[Extent, ...]:
    """One value a channel, with 1 in place of the other axes that follow."""
    return (channels, *(1,) * (rank - axis - 1))
