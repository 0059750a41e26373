# SPDX-License-Identifier: Apache-2.0
"""Fake quantization in PyTorch: whole numbers in float tensors; gradients pass straight through rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lite.ir import DType, Node, Quant, Value
from lite.ir.quant import limits, quantize
from lite.ops._scaling import spread
from lite.slim.torch_bridge.elementwise import Rule


def is_scaled(value: Value | None) -> bool:
    """Whether integers are quantized reals, perhaps moved since."""
    while value is not None and value.producer is not None:
        op = value.producer.op
        if op.quant is not Quant.SAME:
            return op.name == "quantize"
        value = value.producer.inputs[0]
    return False


def stored_integers(node: Node) -> Value | None:
    """The constant integers that a dequantize alone reads; they are trained as the reals they stand for."""
    if node.op.name != "dequantize":
        return None
    integers, scale = node.inputs
    if integers is None or scale is None or not (integers.is_constant and scale.is_constant):
        return None
    return integers if len(integers.uses) == 1 else None


def reals(node: Node) -> np.ndarray:
    """What the stored integers of a dequantize stand for."""
    return np.asarray(node.op.reference(*_arrays(node)))


def integers_for(node: Node, weights: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The integers that stand for trained weights; those of weights that did not change, as they were."""
    (integers, old_scale), op = _arrays(node), node.op.attributes()
    steps = spread(scale, op["axis"], weights.ndim)
    trained = quantize(weights, steps, op["zero_point"], DType.of(integers))
    if not np.array_equal(scale, old_scale):
        return trained
    return np.where(weights == reals(node), integers, trained)


def _arrays(node: Node) -> list[np.ndarray]:
    return [value.array for value in node.inputs if value is not None and value.array is not None]


def spread_scale(scale: Tensor, axis: int, rank: int) -> Tensor:
    """A scale, or one of each channel, so that it broadcasts to what it is of."""
    return scale if scale.ndim == 0 else scale.reshape([-1 if i == axis else 1 for i in range(rank)])


def _whole(op: Any, x: Tensor, scale: Tensor, lowest: int, greatest: int) -> Tensor:
    steps = torch.nan_to_num(x / spread_scale(scale, op.axis, x.ndim), nan=0.0)
    steps = torch.clamp(steps, lowest - op.zero_point, greatest - op.zero_point)
    return steps + (torch.round(steps) - steps).detach() + op.zero_point  # exact: the difference is


def _quantize(op: Any, x: Tensor, scale: Tensor) -> Tensor:
    return _whole(op, x, scale, *limits(op.dtype))


def _dequantize(op: Any, q: Tensor, scale: Tensor) -> Tensor:
    steps = q - op.zero_point if q.is_floating_point() else (q.long() - op.zero_point).float()
    return steps * spread_scale(scale, op.axis, q.ndim)


def requantized(node: Node) -> Rule:
    """A dequantize of weights: the nearest reals that its integers can stand for."""
    lowest, greatest = limits(node.inputs[0].type.dtype)  # type: ignore[union-attr]

    def rule(op: Any, weights: Tensor, scale: Tensor) -> Tensor:
        return _dequantize(op, _whole(op, weights, scale, lowest, greatest), scale)

    return rule


RULES: dict[str, Rule] = {
    "quantize": _quantize,
    "dequantize": _dequantize,
}
