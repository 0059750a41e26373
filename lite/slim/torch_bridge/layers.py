# SPDX-License-Identifier: Apache-2.0
"""Layers with weights, and normalisations, in PyTorch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from lite.ops._weights import place_of
from lite.slim.torch_bridge.elementwise import Rule, activated


def as_nchw(x: Tensor, layout: str) -> Tensor:
    return x if layout == "nchw" else x.permute(0, 3, 1, 2)


def from_nchw(x: Tensor, layout: str) -> Tensor:
    return x if layout == "nchw" else x.permute(0, 2, 3, 1)


def floats(op: Any, w: Tensor, w_scale: Tensor | None) -> Tensor:
    """What weights stand for; integers with scales are constants, through which no gradient passes."""
    place = place_of(op, w.ndim)
    if w_scale is None or place is None:
        return w
    scale = torch.from_numpy(place.spread(w_scale.detach().cpu().float().numpy(), tuple(w.shape)))
    return w.float() * scale.to(w.device)


def _padded(x: Tensor, pads: tuple[int, ...]) -> Tensor:
    """Zeros around height and width; pads are top, left, bottom, right, and negative ones cut."""
    top, left, bottom, right = pads
    return functional.pad(x, (left, right, top, bottom)) if any(pads) else x


def _conv2d(op: Any, x: Tensor, w: Tensor, bias: Tensor | None = None, residual: Tensor | None = None,
            w_scale: Tensor | None = None) -> Tensor:
    x, w = as_nchw(x, op.layout), floats(op, w, w_scale)
    pads = tuple(map(int, op.pads))
    even = pads[:2] == pads[2:]
    y = functional.conv2d(x if even else _padded(x, pads), w, bias, op.strides, pads[:2] if even else 0,
                          op.dilations, op.groups)
    y = from_nchw(y, op.layout)
    return activated(op, y if residual is None else y + residual)


def _conv2d_transpose(op: Any, x: Tensor, w: Tensor, bias: Tensor | None = None,
                      w_scale: Tensor | None = None) -> Tensor:
    w = floats(op, w, w_scale)
    y = functional.conv_transpose2d(as_nchw(x, op.layout), w, None, op.strides, 0, 0, op.groups, op.dilations)
    top, left, bottom, right = map(int, op.pads)
    below, beside = map(int, op.output_pads)
    y = _padded(y, (-top, -left, below - bottom, beside - right))
    y = y if bias is None else y + bias[:, None, None]
    return activated(op, from_nchw(y, op.layout))


def _fully_connected(op: Any, x: Tensor, w: Tensor, bias: Tensor | None = None,
                     residual: Tensor | None = None, w_scale: Tensor | None = None) -> Tensor:
    y = torch.matmul(x, floats(op, w, w_scale))
    y = y if bias is None else y + bias
    return activated(op, y if residual is None else y + residual)


def _matmul(op: Any, a: Tensor, b: Tensor, w_scale: Tensor | None = None) -> Tensor:
    b = floats(op, b, w_scale)
    a = a.transpose(-1, -2) if op.transpose_a and a.ndim > 1 else a
    return torch.matmul(a, b.transpose(-1, -2) if op.transpose_b and b.ndim > 1 else b)


def _by_channel(parameter: Tensor, x: Tensor, axis: int) -> Tensor:
    return parameter.reshape([-1 if i == axis else 1 for i in range(x.ndim)])


def _batch_norm(op: Any, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """Of parameters that are computed; constant ones are a BatchNorm module's."""
    scale, bias, mean, variance = (_by_channel(part, x, op.axis) for part in (scale, bias, mean, variance))
    return (x - mean) / torch.sqrt(variance + op.epsilon) * scale + bias


def _normalised(x: Tensor, axes: tuple[int, ...], epsilon: float) -> Tensor:
    if not axes:
        return torch.zeros_like(x)
    centred = x - x.mean(axes, keepdim=True)
    return centred / torch.sqrt((centred * centred).mean(axes, keepdim=True) + epsilon)


def _layer_norm(op: Any, x: Tensor, scale: Tensor | None = None, bias: Tensor | None = None) -> Tensor:
    centred = x - x.mean(tuple(range(op.axis, x.ndim)), keepdim=True)  # PyTorch's own is not exact far from 0
    return functional.layer_norm(centred, x.shape[op.axis:], scale, bias, op.epsilon)


def _instance_norm(op: Any, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    axes = tuple(axis for axis in range(1, x.ndim) if axis != op.axis)
    return _normalised(x, axes, op.epsilon) * _by_channel(scale, x, op.axis) + _by_channel(bias, x, op.axis)


def _group_norm(op: Any, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    grouped = x.reshape(x.shape[0], op.groups, -1)
    y = _normalised(grouped, (2,), op.epsilon).reshape(x.shape)
    return y * _by_channel(scale, x, 1) + _by_channel(bias, x, 1)


def _rms_norm(op: Any, x: Tensor, scale: Tensor) -> Tensor:
    mean = (x * x).mean(tuple(range(op.axis, x.ndim)), keepdim=True)
    return x / torch.sqrt(mean + op.epsilon) * scale


def _mean_variance_normalization(op: Any, x: Tensor) -> Tensor:
    centred = x - x.mean(op.axes, keepdim=True)
    return centred / (torch.sqrt((centred * centred).mean(op.axes, keepdim=True)) + 1e-9)


def _lrn(op: Any, x: Tensor) -> Tensor:
    squares = (x * x).movedim(op.axis, -1)
    reach = ((op.size - 1) // 2, op.size // 2)
    total = functional.pad(squares, reach).unfold(-1, op.size, 1).sum(-1)
    return x / (op.bias + op.alpha / op.size * total.movedim(-1, op.axis)) ** op.beta


RULES: dict[str, Rule] = {
    "conv2d": _conv2d,
    "conv2d_transpose": _conv2d_transpose,
    "fully_connected": _fully_connected,
    "matmul": _matmul,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "instance_norm": _instance_norm,
    "group_norm": _group_norm,
    "rms_norm": _rms_norm,
    "mean_variance_normalization": _mean_variance_normalization,
    "lrn": _lrn,
}
