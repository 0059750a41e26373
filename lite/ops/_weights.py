# SPDX-License-Identifier: Apache-2.0
"""Weights that stay integers in layers of floats: w = float(integer) * w_scale[channel], one product each.

``w_scale`` is f32 or, to save room, f16: one number for each output channel, that is a convolution's, a
matrix's column, an embedding's row (where one may also stand for all).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, TensorType
from lite.ir.quant import dequantize
from lite.ops._extents import differ

INTEGERS = (DType.S8, DType.S16)
SCALES = (DType.F32, DType.F16)


class Place(NamedTuple):
    """Where a layer has its weights.

    Parameters
    ----------
    position : int
        Of the weights among the inputs.
    axis : int
        Of the weights' output channels.
    groups : int
        Of a transposed convolution, whose axis counts the channels of one group only.
    """

    position: int
    axis: int
    groups: int = 1

    def channels(self, shape: tuple[Extent, ...]) -> int:
        """Number of output channels of weights of that shape."""
        return int(shape[self.axis]) * self.groups

    def spread(self, scales: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Numbers of the output channels, in a shape that broadcasts to weights of that shape."""
        if scales.ndim == 0:
            return scales
        if self.groups == 1:
            return scales.reshape([-1 if axis == self.axis else 1 for axis in range(len(shape))])
        rows = np.repeat(scales.reshape(self.groups, -1), shape[0] // self.groups, axis=0)
        return rows.reshape(*rows.shape, *(1,) * (len(shape) - 2))

    def rows(self, w: np.ndarray) -> np.ndarray:
        """Weights as [output channels, elements of a channel]."""
        if self.groups == 1:
            return np.moveaxis(w, self.axis, 0).reshape(w.shape[self.axis], -1)
        grouped = w.reshape(self.groups, -1, *w.shape[1:])
        return np.swapaxes(grouped, 1, 2).reshape(self.channels(w.shape), -1)


def place_of(op: Op, rank: int) -> Place | None:
    """Where a layer has weights that may stay integers; None if the op has none.

    Parameters
    ----------
    op : Op
    rank : int
        Number of axes of the weights.
    """
    attributes = op.attributes()
    if op.name == "conv2d":
        return Place(1, 0)
    if op.name == "conv2d_transpose":
        return Place(1, 1, attributes["groups"])
    if op.name == "fully_connected":
        return Place(1, 1)
    if op.name == "matmul" and rank >= 2:
        return Place(1, rank - (2 if attributes["transpose_b"] else 1))
    return Place(0, attributes["axis"]) if op.name == "gather" else None


def weights_position(op: Op) -> int | None:
    """Which input of a layer may be integers with scales."""
    place = place_of(op, 2)
    return None if place is None else place.position


def scale_position(op: Op) -> int:
    """Which input of a layer is w_scale: the last."""
    return op.input_names().index("w_scale")


def checked(w: TensorType, w_scale: TensorType | None, channels: Extent) -> TensorType:
    """The type of weights as the floats that they stand for; refuses scales that do not fit."""
    if w_scale is None:
        return w
    if w.dtype not in INTEGERS:
        raise ShapeError(f"the weights are {w} and have scales, expected s8 or s16")
    if w_scale.dtype not in SCALES or w_scale.rank != 1 or differ(w_scale.shape[0], channels):
        raise ShapeError(f"the scales of the weights are {w_scale}, expected f32[{channels}] or f16")
    return w.with_dtype(DType.F32)


def as_floats(op: Op, w: np.ndarray, w_scale: np.ndarray | None) -> np.ndarray:
    """What the weights of a layer stand for."""
    place = place_of(op, w.ndim)
    if w_scale is None or place is None:
        return w
    return dequantize(w, place.spread(w_scale, w.shape))


def integer_weights(random: np.random.Generator, w: np.ndarray, place: Place,
                    dtype: DType) -> tuple[np.ndarray, np.ndarray]:
    """Samples: integers and scales that stand for about the given weights."""
    greatest = np.iinfo(dtype.numpy).max
    step = np.max(np.abs(w), initial=1e-3) / greatest
    scale = (step * random.uniform(0.8, 1.2, place.channels(w.shape))).astype(np.float32)
    steps = np.rint(w / place.spread(scale, w.shape))
    return np.clip(steps, -greatest, greatest).astype(dtype.numpy), scale
