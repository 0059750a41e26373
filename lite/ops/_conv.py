# SPDX-License-Identifier: Apache-2.0
"""What conv2d and conv2d_transpose share: activations of their sum, checks, layouts of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import Extent, TensorType
from lite.ops._broadcast import FLOATS, check_dtype, check_same_dtype
from lite.ops._extents import check_choice, differ

ACTIVATIONS = ("none", "relu", "relu6", "clip", "leaky_relu", "hard_swish", "affine_hard_swish", "swish",
               "sigmoid", "hard_sigmoid")


def activate(y: np.ndarray, activation: str, alpha: float, beta: float) -> np.ndarray:
    """The activation of an array, in its dtype.

    Parameters
    ----------
    y : ndarray
    activation : str
        One of ``ACTIVATIONS``.
    alpha, beta : float
        clip: lowest and highest; leaky_relu: slope; hard_sigmoid: slope and offset; affine_hard_swish: what
        the result of hard_swish is multiplied by, and what is added then.
    """
    return y if activation == "none" else np.asarray(_activate(y, activation, alpha, beta), y.dtype)


def _activate(y: np.ndarray, activation: str, alpha: float, beta: float) -> Any:
    real = y.dtype.type
    if activation in ("relu", "relu6", "clip"):
        lo, hi = {"relu": (0.0, np.inf), "relu6": (0.0, 6.0), "clip": (alpha, beta)}[activation]
        return np.minimum(np.maximum(y, real(lo)), real(hi))
    if activation == "leaky_relu":
        return np.where(y >= 0, y, real(alpha) * y)
    if activation in ("hard_swish", "affine_hard_swish"):
        bent = y * np.clip(y + real(3), real(0), real(6)) / real(6)
        return bent if activation == "hard_swish" else real(alpha) * bent + real(beta)
    if activation == "hard_sigmoid":
        return np.clip(real(alpha) * y + real(beta), real(0), real(1))
    with np.errstate(over="ignore"):
        gate = real(1) / (real(1) + np.exp(-y))
    return y * gate if activation == "swish" else gate


def check_operands(activation: str, x: TensorType, w: TensorType, bias: TensorType | None, out: Any) -> None:
    """Refuse an unknown activation, element types that do not fit, a bias that has not ``out`` elements."""
    check_choice("activation", activation, ACTIVATIONS)
    check_dtype("x", x, FLOATS)
    check_same_dtype(x, w)
    if bias is None:
        return
    check_same_dtype(x, bias)
    if bias.rank != 1 or differ(bias.shape[0], out):
        raise ShapeError(f"the bias is {bias}, expected [{out}]")


def check_residual(residual: TensorType | None, y: TensorType) -> None:
    """Refuse a residual that is not of the output's type."""
    if residual is None:
        return
    check_same_dtype(y, residual)
    if residual.rank != y.rank or any(map(differ, residual.shape, y.shape)):
        raise ShapeError(f"the residual is {residual}, expected {y}")


def check_at_least(least: int, **attributes: tuple[Extent, ...]) -> None:
    """Refuse attributes with an element known to be below ``least``."""
    for name, extents in attributes.items():
        if any(isinstance(extent, int) and extent < least for extent in extents):
            raise ShapeError(f"{name} is {extents}, expected elements of at least {least}")


def check_weights(w: TensorType, axes: str) -> tuple[int, int, int, int]:
    """Extents of convolution weights; they are fixed, and only ``axes[0]`` may be 0."""
    if w.rank != 4 or not w.is_static or 0 in w.shape[1:]:
        raise ShapeError(f"the weights are {w}, expected {axes} with fixed extents of at least 1")
    a, b, kernel_height, kernel_width = (int(extent) for extent in w.shape)
    return a, b, kernel_height, kernel_width


def to_nchw(x: np.ndarray, layout: str) -> np.ndarray:
    return x if layout == "nchw" else x.transpose(0, 3, 1, 2)


def from_nchw(x: np.ndarray, layout: str) -> np.ndarray:
    return x if layout == "nchw" else np.ascontiguousarray(x.transpose(0, 2, 3, 1))
