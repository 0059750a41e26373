# SPDX-License-Identifier: Apache-2.0
"""Ops that move elements, in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lite.slim.torch_bridge.elementwise import Rule
from lite.slim.torch_bridge.layers import as_nchw, from_nchw


def _reshape(op: Any, x: Tensor) -> Tensor:
    return x.reshape(tuple(map(int, op.shape)))


def _flatten(op: Any, x: Tensor) -> Tensor:
    rows = int(np.prod(x.shape[:op.axis]))
    return x.reshape(rows, int(np.prod(x.shape[op.axis:])))


def _squeeze(op: Any, x: Tensor) -> Tensor:
    return x.reshape([extent for axis, extent in enumerate(x.shape) if axis not in op.axes])


def _unsqueeze(op: Any, x: Tensor) -> Tensor:
    for axis in sorted(op.axes):
        x = x.unsqueeze(axis)
    return x


def _expand(op: Any, x: Tensor) -> Tensor:
    return torch.broadcast_to(x, np.broadcast_shapes(tuple(x.shape), tuple(map(int, op.shape))))


def _slice(op: Any, x: Tensor) -> Tensor:
    for axis, start, size, step in zip(op.axes, op.starts, op.sizes, op.steps):
        if step == 1:
            x = x.narrow(axis, int(start), int(size))
        else:
            places = int(start) + step * torch.arange(int(size), device=x.device)
            x = x.index_select(axis, places)
    return x


def _pad(op: Any, x: Tensor) -> Tensor:
    before, after = tuple(map(int, op.before)), tuple(map(int, op.after))
    if op.mode == "constant":
        pads = [pad for pair in zip(reversed(before), reversed(after)) for pad in pair]
        return functional.pad(x, pads, value=op.value) if any(pads) else x
    for axis, (first, last) in enumerate(zip(before, after)):
        if first or last:
            places = _sources(op.mode, np.arange(-first, x.shape[axis] + last), x.shape[axis])
            x = x.index_select(axis, torch.from_numpy(places).to(x.device))
    return x


def _sources(mode: str, places: np.ndarray, extent: int) -> np.ndarray:
    """Which elements of an axis are repeated at places inside and outside of it."""
    if mode == "edge":
        return np.clip(places, 0, extent - 1)
    if mode == "wrap":
        return places % extent
    period = max(2 * (extent - 1), 1)
    return np.asarray(extent - 1 - np.abs(places % period - (extent - 1)))


def _depth_to_space(op: Any, x: Tensor) -> Tensor:
    x, block = as_nchw(x, op.layout), op.block
    if op.mode == "dcr":
        n, c, h, w = x.shape
        x = x.reshape(n, block * block, c // block**2, h, w).transpose(1, 2).reshape(n, c, h, w)
    return from_nchw(functional.pixel_shuffle(x, block), op.layout)


def _space_to_depth(op: Any, x: Tensor) -> Tensor:
    x, block = as_nchw(x, op.layout), op.block
    y = functional.pixel_unshuffle(x, block)
    n, _, h, w = y.shape
    y = y.reshape(n, x.shape[1], block * block, h, w).transpose(1, 2).reshape(n, -1, h, w)
    return from_nchw(y, op.layout)


def _channel_shuffle(op: Any, x: Tensor) -> Tensor:
    grouped = torch.unflatten(x, op.axis, (op.groups, x.shape[op.axis] // op.groups))
    shuffled = grouped.transpose(op.axis, op.axis + 1).flatten(op.axis, op.axis + 1)
    return shuffled.narrow(op.axis, op.begin, op.size or x.shape[op.axis] - op.begin)


def _trilu(op: Any, x: Tensor) -> Tensor:
    return torch.triu(x, op.k) if op.upper else torch.tril(x, op.k)


RULES: dict[str, Rule] = {
    "identity": lambda op, x: x,
    "cast": lambda op, x: x.to(getattr(torch, str(op.to.numpy))),
    "reshape": _reshape,
    "flatten": _flatten,
    "squeeze": _squeeze,
    "unsqueeze": _unsqueeze,
    "expand": _expand,
    "tile": lambda op, x: torch.tile(x, tuple(map(int, op.repeats))),
    "transpose": lambda op, x: x.permute(op.perm),
    "concat": lambda op, *inputs: torch.cat(inputs, op.axis),
    "split": lambda op, x: torch.split(x, list(map(int, op.sizes)), op.axis),
    "slice": _slice,
    "pad": _pad,
    "depth_to_space": _depth_to_space,
    "space_to_depth": _space_to_depth,
    "channel_shuffle": _channel_shuffle,
    "trilu": _trilu,
}
