# SPDX-License-Identifier: Apache-2.0
"""Ops that fold axes, and softmax, in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lite.ops._reduce import reduced_shape
from lite.slim.torch_bridge.elementwise import Rule

Fold = Callable[[Tensor, tuple[int, ...], bool], Tensor]


def _rule(fold: Fold) -> Rule:
    """A fold over the op's axes. PyTorch takes no axes for all of them; we fold nothing then."""

    def rule(op: Any, x: Tensor) -> Tensor:
        if not op.axes:
            return fold(x.unsqueeze(-1), (x.ndim,), False)
        return fold(x, op.axes, op.keepdims)

    return rule


def _or_neutral(fold: Fold, neutral: float) -> Fold:
    """A fold that PyTorch refuses of an empty extent."""

    def folded(x: Tensor, axes: tuple[int, ...], keepdims: bool) -> Tensor:
        if all(x.shape[axis] for axis in axes):
            return fold(x, axes, keepdims)
        shape: Any = reduced_shape(tuple(x.shape), axes, keepdims)
        return x.new_full(shape, neutral)

    return folded


def _product(x: Tensor, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    for axis in sorted(axes, reverse=True):
        x = torch.prod(x, axis, keepdims)
    return x


def _cumsum(op: Any, x: Tensor) -> Tensor:
    x = x.flip(op.axis) if op.reverse else x
    total = torch.cumsum(x, op.axis)
    if op.exclusive:
        extent = x.shape[op.axis]
        first = torch.zeros_like(x.narrow(op.axis, 0, min(1, extent)))
        total = torch.cat([first, total.narrow(op.axis, 0, max(extent - 1, 0))], op.axis)
    return total.flip(op.axis) if op.reverse else total


RULES: dict[str, Rule] = {
    "reduce_sum": _rule(torch.sum),
    "reduce_mean": _rule(torch.mean),
    "reduce_max": _rule(_or_neutral(torch.amax, -torch.inf)),
    "reduce_min": _rule(_or_neutral(torch.amin, torch.inf)),
    "reduce_prod": _rule(_product),
    "reduce_l1": _rule(lambda x, axes, keepdims: x.abs().sum(axes, keepdims)),
    "reduce_l2": _rule(lambda x, axes, keepdims: torch.linalg.vector_norm(x, 2, axes, keepdims)),
    "reduce_log_sum": _rule(lambda x, axes, keepdims: x.sum(axes, keepdims).log()),
    "reduce_log_sum_exp": _rule(_or_neutral(torch.logsumexp, -torch.inf)),
    "reduce_sum_square": _rule(lambda x, axes, keepdims: (x * x).sum(axes, keepdims)),
    "softmax": lambda op, x: torch.softmax(x, op.axis),
    "log_softmax": lambda op, x: torch.log_softmax(x, op.axis),
    "cumsum": _cumsum,
}
