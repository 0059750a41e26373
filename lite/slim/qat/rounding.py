# SPDX-License-Identifier: Apache-2.0
"""Reals rounded to what integers can stand for, as one function with the gradients of LSQ and PACT.

Learned Step Size Quantization (Esser et al., 2020) and PACT (Choi et al., 2018).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

Function: Any = torch.autograd.Function  # its types differ from version to version
NEAR = 1e-3  # of a step: what was rounded before is not beyond a bound because of a last bit


class Rounded(Function):
    """clamp(rint(x / scale), lowest, greatest) * scale: one operation of single precision after another."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, lowest: int, greatest: int, factor: float,
                is_pact: bool) -> Tensor:
        """``scale`` broadcasts to x; its gradient is multiplied by ``factor``."""
        ctx.save_for_backward(x, scale)
        ctx.rest = lowest, greatest, factor, is_pact
        return torch.clamp(torch.round(x / scale), lowest, greatest) * scale

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (x, scale), (lowest, greatest, factor, is_pact) = ctx.saved_tensors, ctx.rest
        steps = x / scale
        inside = (steps >= lowest - NEAR) & (steps <= greatest + NEAR)
        for_scale = None
        if ctx.needs_input_grad[1]:
            bounds = torch.clamp(steps, lowest, greatest)
            noise = torch.zeros(()) if is_pact else torch.round(steps) - steps
            for_scale = gradient * torch.where(inside, noise, bounds) * factor
            for_scale = _summed(for_scale, scale)
        return gradient * inside, for_scale, None, None, None, None


def _summed(x: Tensor, like: Tensor) -> Tensor:
    """The sum over what was broadcast."""
    if like.ndim == 0:
        return x.sum()
    axes = [axis for axis, extent in enumerate(like.shape) if extent == 1]
    return x.sum(axes, keepdim=True) if axes else x


def rounded(x: Tensor, scale: Tensor, lowest: int, greatest: int, factor: float = 1.0,
            is_pact: bool = False) -> Tensor:
    """The nearest reals that integers from ``lowest`` to ``greatest`` stand for.

    Parameters
    ----------
    x : Tensor
    scale : Tensor
        Broadcasts to x.
    lowest, greatest : int
        With the zero point taken off.
    factor : float
        Of the gradient of ``scale``.
    is_pact : bool
        Only what is clipped has an effect on that gradient.
    """
    result: Tensor = Rounded.apply(x, scale, lowest, greatest, factor, is_pact)
    return result
