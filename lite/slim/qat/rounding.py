# SPDX-License-Identifier: Apache-2.0
"""Reals rounded to what integers can stand for, as one function with the gradients of LSQ and PACT.

Learned Step Size Quantization (Esser et al., 2020) and PACT (Choi et al., 2018).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

Function: Any = torch.autograd.Function  # its types differ from version to version


class Rounded(Function):
    """clamp(rint(x / scale), lowest, greatest) * scale: one operation of single precision after another.

    Gradients pass where x rounds to an integer within the bounds, and stop elsewhere. Inside, LSQ's gradient
    of the scale is round(x / scale) - x / scale, and PACT's 0; outside, the bound. With the result y these
    are (y - x) / scale and y / scale: two sums that need nothing more to be kept.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, lowest: int, greatest: int, factor: float,
                is_pact: bool) -> Tensor:
        """``scale`` broadcasts to x; its gradient is multiplied by ``factor``."""
        steps = torch.div(x, scale).round_()
        bounded = torch.clamp(steps, lowest, greatest)
        inside = steps == bounded
        y = bounded.mul_(scale)
        ctx.save_for_backward(x, scale, y, inside)
        ctx.rest = factor, is_pact
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (x, scale, y, inside), (factor, is_pact) = ctx.saved_tensors, ctx.rest
        passing = gradient * inside
        for_scale = None
        if ctx.needs_input_grad[1]:
            beside = y if is_pact else x
            for_scale = (_dot(gradient, y, scale) - _dot(passing, beside, scale)) * factor / scale
        return passing, for_scale, None, None, None, None


def _dot(first: Tensor, second: Tensor, like: Tensor) -> Tensor:
    """The sum of products over what was broadcast."""
    products = first * second
    return products.sum() if like.ndim == 0 else products.sum_to_size(like.shape)


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
