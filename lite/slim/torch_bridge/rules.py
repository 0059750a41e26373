# SPDX-License-Identifier: Apache-2.0
"""Which ops PyTorch runs, by what, and why not the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lite.ir import Node, Value
from lite.ir.interpret import apply
from lite.slim.torch_bridge import elementwise, indexing, layers, moves, reductions, scales, windows
from lite.slim.torch_bridge.elementwise import Rule

RULES: dict[str, Rule] = {**elementwise.RULES, **layers.RULES, **windows.RULES, **reductions.RULES,
                          **moves.RULES, **indexing.RULES, **scales.RULES}
ON_INTEGERS = "it computes on integers that stand for reals: no gradient passes"
LEFT_OUT: dict[str, str] = {
    **{name: ON_INTEGERS for name in ("q_add", "q_average_pool2d", "q_conv2d", "q_conv2d_transpose",
                                      "q_fully_connected", "q_layer_norm", "q_matmul", "q_mul",
                                      "q_reduce_mean", "q_resize", "q_softmax")},
    "bit_cast": "no gradient passes from bits to numbers",
    "lookup": "it takes its results from a table of integers: no gradient passes",
}  # fmt: skip


def rule_of(node: Node) -> Rule | None:
    """What runs a node; None if nothing does."""
    if node.op.name in LEFT_OUT:
        return None
    if scales.stored_integers(node) is not None:
        return scales.requantized(node)
    if node.op.name in scales.RULES or _has_gradient(node):
        return RULES.get(node.op.name)
    return by_reference


def _has_gradient(node: Node) -> bool:
    """Whether a derivative can be asked for: of reals after reals."""
    return any(map(_is_real, node.outputs)) and any(map(_is_real, node.inputs))


def _is_real(value: Value | None) -> bool:
    return value is not None and (value.type.dtype.is_float or scales.is_scaled(value))


def by_reference(op: Any, *inputs: Tensor | None) -> tuple[Tensor, ...]:
    """Integers, truth values and positions, by the op's own meaning in numpy."""
    device = next((tensor.device for tensor in inputs if tensor is not None), torch.device("cpu"))
    arrays = tuple(None if tensor is None else tensor.detach().cpu().numpy() for tensor in inputs)
    with np.errstate(all="ignore"):
        return tuple(torch.from_numpy(array.copy()).to(device) for array in apply(op, arrays))
