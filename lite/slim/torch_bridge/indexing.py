# SPDX-License-Identifier: Apache-2.0
"""Ops whose indices are data, in PyTorch: gradients pass through what is gathered or scattered."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from lite.slim.torch_bridge.elementwise import Rule
from lite.slim.torch_bridge.layers import floats

_REDUCE = {"add": "sum", "mul": "prod", "max": "amax", "min": "amin"}


def _within(indices: Tensor, extent: int) -> Tensor:
    """Indices in [0, extent): wrapped once, then clamped."""
    indices = indices.long()
    return torch.where(indices < 0, indices + extent, indices).clamp(0, max(extent - 1, 0))


def _gather(op: Any, x: Tensor, indices: Tensor, w_scale: Tensor | None = None) -> Tensor:
    x = floats(op, x, w_scale)
    places = _within(indices, x.shape[op.axis])
    shape = (*x.shape[:op.axis], *indices.shape, *x.shape[op.axis + 1:])
    return x.index_select(op.axis, places.reshape(-1)).reshape(shape)


def _gather_elements(op: Any, x: Tensor, indices: Tensor) -> Tensor:
    return torch.gather(x, op.axis, _within(indices, x.shape[op.axis]))


def _gather_nd(op: Any, x: Tensor, indices: Tensor) -> Tensor:
    batch, depth = op.batch_dims, indices.shape[-1]
    shape = (*indices.shape[:-1], *x.shape[batch + depth:])
    groups = math.prod(x.shape[:batch])
    slices = x.reshape(groups, math.prod(x.shape[batch:batch + depth]), -1)
    rows = _rows(indices, tuple(x.shape[batch:batch + depth])).reshape(groups, -1)
    return torch.gather(slices, 1, rows[..., None].expand(-1, -1, slices.shape[2])).reshape(shape)


def _rows(indices: Tensor, extents: tuple[int, ...]) -> Tensor:
    """The position, in row-major order, that each row of indices stands for."""
    rows = torch.zeros(indices.shape[:-1], dtype=torch.long, device=indices.device)
    for part, extent in enumerate(extents):
        rows = rows * extent + _within(indices[..., part], extent)
    return rows


def _scattered(x: Tensor, axis: int, places: Tensor, updates: Tensor, reduction: str) -> Tensor:
    if reduction == "none":
        return x.scatter(axis, places, updates)
    return x.scatter_reduce(axis, places, updates, _REDUCE[reduction])


def _scatter_elements(op: Any, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    return _scattered(x, op.axis, _within(indices, x.shape[op.axis]), updates, op.reduction)


def _scatter_nd(op: Any, x: Tensor, indices: Tensor, updates: Tensor) -> Tensor:
    depth = indices.shape[-1]
    slices = x.reshape(math.prod(x.shape[:depth]), -1)
    rows = _rows(indices, tuple(x.shape[:depth])).reshape(-1, 1).expand(-1, slices.shape[1])
    return _scattered(slices, 0, rows, updates.reshape(rows.shape), op.reduction).reshape(x.shape)


def _one_hot(op: Any, indices: Tensor, values: Tensor) -> Tensor:
    depth = int(op.depth)
    wrapped = torch.where(indices < 0, indices + depth, indices).unsqueeze(op.axis)
    numbers = torch.arange(depth, device=indices.device).reshape((-1,) + (1,) * (indices.ndim - op.axis))
    return torch.where(wrapped == numbers, values[1], values[0])


def _top_k(op: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    _, found = op.reference(x.detach().cpu().numpy())  # PyTorch's own promises no order of equal elements
    indices = torch.from_numpy(found.copy()).to(x.device)
    return torch.gather(x, op.axis, indices), indices


RULES: dict[str, Rule] = {
    "gather": _gather,
    "gather_elements": _gather_elements,
    "gather_nd": _gather_nd,
    "scatter_elements": _scatter_elements,
    "scatter_nd": _scatter_nd,
    "one_hot": _one_hot,
    "top_k": _top_k,
}
