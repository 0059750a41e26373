# SPDX-License-Identifier: Apache-2.0
"""Ops that compute element by element, and activations of layers, in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Rule = Callable[..., Any]  # (op, *inputs) -> Tensor or tuple of Tensor; attributes are plain numbers


def activated(op: Any, y: Tensor) -> Tensor:
    """The activation that is part of a layer."""
    return _ACTIVATIONS[op.activation](y, op.alpha, op.beta)


def _hard_swish(y: Tensor) -> Tensor:
    return y * torch.clamp(y + 3, 0, 6) / 6


_ACTIVATIONS: dict[str, Callable[[Tensor, float, float], Tensor]] = {
    "none": lambda y, alpha, beta: y,
    "relu": lambda y, alpha, beta: torch.relu(y),
    "relu6": lambda y, alpha, beta: torch.clamp(y, 0, 6),
    "clip": lambda y, alpha, beta: torch.clamp(y, alpha, beta),
    "leaky_relu": lambda y, alpha, beta: torch.where(y >= 0, y, alpha * y),
    "hard_swish": lambda y, alpha, beta: _hard_swish(y),
    "affine_hard_swish": lambda y, alpha, beta: alpha * _hard_swish(y) + beta,
    "swish": lambda y, alpha, beta: functional.silu(y),
    "sigmoid": lambda y, alpha, beta: torch.sigmoid(y),
    "hard_sigmoid": lambda y, alpha, beta: torch.clamp(alpha * y + beta, 0, 1),
}


def _plain(function: Callable[..., Any]) -> Rule:
    """An op without attributes, whose function PyTorch has."""
    return lambda op, *inputs: function(*inputs)


def _sign(op: Any, x: Tensor) -> Tensor:
    return torch.where(torch.isnan(x), x, torch.sign(x))


def _elu(op: Any, x: Tensor) -> Tensor:
    return torch.where(x > 0, x, op.alpha * torch.expm1(torch.clamp(x, max=0)))


def _selu(op: Any, x: Tensor) -> Tensor:
    return op.gamma * torch.where(x > 0, x, op.alpha * torch.expm1(torch.clamp(x, max=0)))


def _softplus(op: Any, x: Tensor) -> Tensor:
    return torch.logaddexp(x, torch.zeros_like(x))


def _leaky_relu(op: Any, x: Tensor) -> Tensor:
    return torch.where(x >= 0, x, op.alpha * x)


def _prelu(op: Any, x: Tensor, slope: Tensor) -> Tensor:
    return torch.where(x < 0, x * slope, x)


RULES: dict[str, Rule] = {
    **{name: _plain(getattr(torch, name))
       for name in ("abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "erf",
                    "exp", "floor", "log", "neg", "reciprocal", "relu", "round", "rsqrt", "sigmoid", "sin",
                    "sinh", "sqrt", "square", "tan", "tanh", "add", "sub", "mul", "div", "pow", "where")},
    "max": _plain(torch.maximum),
    "min": _plain(torch.minimum),
    "mod": lambda op, a, b: torch.fmod(a, b) if op.fmod else torch.remainder(a, b),
    "prelu": _prelu,
    "sign": _sign,
    "relu6": lambda op, x: torch.clamp(x, 0, 6),
    "clip": lambda op, x: torch.clamp(x, op.lo, op.hi),
    "elu": _elu,
    "selu": _selu,
    "mish": _plain(functional.mish),
    "softplus": _softplus,
    "softsign": _plain(functional.softsign),
    "gelu": lambda op, x: functional.gelu(x, approximate=op.approximate),
    "swish": lambda op, x: x * torch.sigmoid(op.beta * x),
    "hard_sigmoid": lambda op, x: torch.clamp(op.alpha * x + op.beta, 0, 1),
    "hard_swish": lambda op, x: x * torch.clamp(x / 6 + 0.5, 0, 1),
    "leaky_relu": _leaky_relu,
    "thresholded_relu": lambda op, x: torch.where(x > op.alpha, x, torch.zeros_like(x)),
}
