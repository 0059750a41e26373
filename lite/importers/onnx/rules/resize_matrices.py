# SPDX-License-Identifier: Apache-2.0
"""What our resize does not know - antialiasing, crops - as one constant matrix for each axis.

Interpolation along an axis of fixed extents is linear: output = matrix @ input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lite.errors import ModelFormatError
from lite.importers.onnx.call import Call
from lite.ir import Value

MOST_WEIGHTS = 1 << 24
Taps = tuple[np.ndarray, np.ndarray]


@dataclass
class Axis:
    """One axis to resize.

    Attributes
    ----------
    position : int
    extent, count : int
        Of input and output.
    scale : float
        Output per input.
    start, end : float
        Part of the input that a crop takes, in [0, 1].
    """

    position: int
    extent: int
    count: int
    scale: float
    start: float = 0.0
    end: float = 1.0


@dataclass
class Settings:
    """Attributes of ONNX Resize."""

    mode: str
    coordinates: str
    nearest: str
    antialias: bool
    cubic_coeff_a: float
    exclude_outside: bool
    extrapolation: float


def resize_by_matrices(call: Call, x: Value, axes: list[Axis], settings: Settings) -> Value:
    """The input resized along the axes, one matrix product each."""
    outside: Value | None = None
    for axis in axes:
        if min(axis.extent, axis.count) < 1 or axis.extent * axis.count > MOST_WEIGHTS:
            raise ModelFormatError(f"resizing {axis.extent} elements to {axis.count} is not possible")
        matrix, inside = _matrix(axis, settings)
        x = _product(call, x, axis.position, matrix)
        if not inside.all():
            shape = [1] * x.type.rank
            shape[axis.position] = axis.count
            here = call.constant(~inside.reshape(shape))
            outside = here if outside is None else call.emit("logical_or", outside, here)
    if outside is None:
        return x
    return call.emit("where", outside, call.like(settings.extrapolation, x), x)


def _product(call: Call, x: Value, position: int, matrix: np.ndarray) -> Value:
    """matrix @ x along an axis."""
    last = x.type.rank - 1
    perm = tuple(
        last if axis == position else position if axis == last else axis for axis in range(x.type.rank)
    )
    moved = x if position == last else call.emit("transpose", x, perm=perm)
    weights = call.constant(np.ascontiguousarray(matrix.T), x.type.dtype)
    product = call.emit_single("fully_connected", moved, weights)
    return product if position == last else call.emit("transpose", product, perm=perm)


def _matrix(axis: Axis, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Weights [count, extent], and which outputs lie inside of the input."""
    at = _places(axis, settings.coordinates)
    inside = np.ones(axis.count, bool)
    if settings.coordinates == "tf_crop_and_resize":
        inside = (at >= 0) & (at <= axis.extent - 1)
    positions, weights = _taps(at, axis, settings)
    if settings.exclude_outside:
        weights = np.where((positions >= 0) & (positions < axis.extent), weights, 0)
        weights = weights / weights.sum(axis=1, keepdims=True)
    matrix = np.zeros((axis.count, axis.extent))
    rows = np.broadcast_to(np.arange(axis.count)[:, None], positions.shape)
    np.add.at(matrix, (rows, np.clip(positions, 0, axis.extent - 1)), weights)
    return matrix, inside


def _places(axis: Axis, coordinates: str) -> np.ndarray:
    """Coordinates in the input of each output."""
    out = np.arange(axis.count, dtype=np.float64)
    if coordinates in ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel"):
        offset = 0.0
        if coordinates == "half_pixel_symmetric":
            offset = axis.extent / 2 * (1 - axis.count / (axis.scale * axis.extent))
        at = offset + (out + 0.5) / axis.scale - 0.5
        return at * 0 if coordinates == "pytorch_half_pixel" and axis.count == 1 else at
    if coordinates == "asymmetric":
        return out / axis.scale
    if coordinates not in ("align_corners", "tf_crop_and_resize"):
        raise ModelFormatError(f"coordinate_transformation_mode is {coordinates!r}")
    reach = (axis.end - axis.start) * (axis.extent - 1)
    first = axis.start * (axis.extent - 1)
    if axis.count == 1:
        return out + (first + reach / 2 if coordinates == "tf_crop_and_resize" else first)
    return first + out * reach / (axis.count - 1)


def _taps(at: np.ndarray, axis: Axis, settings: Settings) -> Taps:
    """Positions (which may lie outside) and weights [count, taps]."""
    if settings.mode == "nearest":
        return _nearest(at, settings.nearest)[:, None], np.ones((axis.count, 1))
    stretch = min(axis.scale, 1.0) if settings.antialias else 1.0
    radius = {"linear": 1, "cubic": 2}.get(settings.mode)
    if radius is None:
        raise ModelFormatError(f"mode is {settings.mode!r}, expected nearest, linear or cubic")
    below = np.ceil(at) - 1
    first = int(np.floor(-radius / stretch)) + 1
    steps = np.arange(first, 2 - first)
    distance = np.abs((steps - (at - below)[:, None]) * stretch)
    weights = np.clip(1 - distance, 0, 1) if radius == 1 else _keys(distance, settings.cubic_coeff_a)
    return (below[:, None] + steps).astype(np.int64), weights / weights.sum(axis=1, keepdims=True)


def _nearest(at: np.ndarray, rounding: str) -> np.ndarray:
    rules = {"floor": np.floor(at), "ceil": np.ceil(at), "round_prefer_floor": np.ceil(at - 0.5),
             "round_prefer_ceil": np.floor(at + 0.5)}  # fmt: skip
    if rounding not in rules:
        raise ModelFormatError(f"nearest_mode is {rounding!r}, expected one of {', '.join(rules)}")
    return np.asarray(rules[rounding].astype(np.int64))


def _keys(d: np.ndarray, a: float) -> np.ndarray:
    """Weights of cubic convolution (Keys 1981) at distances."""
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0))
