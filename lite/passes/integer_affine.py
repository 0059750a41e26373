# SPDX-License-Identifier: Apache-2.0
"""Integer form of scales and offsets per channel: a depthwise q_conv2d of 1x1."""

from __future__ import annotations

import numpy as np

from lite.ir import Node, Value
from lite.ir.quant import dequantize, limits
from lite.ops._scaling import spread
from lite.ops.dequantize import Dequantize
from lite.passes.fold_affine import AFFINE, Affine, per_channel
from lite.passes.integer_form import IntegerForm, NoForm, Site, integer_op
from lite.passes.integer_layers import MOST_LOST
from lite.passes.pattern import maker
from lite.passes.quantized import find_real

STEPS = 127  # the weight of a channel: the more, the finer are the steps of its bias
GREATEST_BIAS = 1 << 30  # steps of a sum
FREE_BIAS = 1 << 20  # steps that the bias of a channel gets in which nothing is scaled
MOST_IN_A_ROW = 8


def affine_form(site: Site) -> IntegerForm:
    """add, sub, mul and div with constants, in a row.

    Raises
    ------
    NoForm
    """
    factor, offset, last = _composed(site.node)
    x = find_real(last)
    if x is None or x.quantization.dtype is not site.y.dtype:
        raise NoForm("its operand is neither quantized nor constant")
    channels = len(factor)
    sums = np.abs(factor) * x.scale / STEPS
    with np.errstate(all="ignore"):
        alive = np.abs(offset) <= GREATEST_BIAS * sums
    lowest, highest = limits(x.quantization.dtype)
    if np.any(~alive & (np.abs(factor) * x.scale * (highest - lowest) > site.y.scale * MOST_LOST)):
        raise NoForm("what is added is too great for what is scaled")
    free = np.maximum(np.abs(offset), site.y.scale) / FREE_BIAS
    sums = np.where(alive & (factor != 0), sums, free)
    w = np.where(alive, STEPS * np.sign(factor), 0).astype(np.int8).reshape(channels, 1, 1, 1)
    bias = np.rint(offset / sums).astype(np.int32)
    op = integer_op("q_conv2d", None, groups=channels, x_zero=x.zero_point, **site.results())
    return IntegerForm(op, (x.q, w, bias, (sums / site.y.scale).astype(np.float32)))


def _composed(node: Node) -> tuple[np.ndarray, np.ndarray, Value]:
    """One factor and one offset for each channel of several nodes in a row, and what the first one reads."""
    y = node.output.type
    channels = y.shape[-1] if y.rank == 4 else None
    if not isinstance(channels, int):
        raise NoForm("its operand is not quantized")
    factor, offset, value = np.ones(channels), np.zeros(channels), node.output
    for _ in range(MOST_IN_A_ROW):
        affine = _affine(maker(value, *AFFINE))
        numbers = [] if affine is None else [per_channel(array, 4, 3, channels)
                                             for array in (affine.factor, affine.offset)]
        if affine is None or numbers[0] is None or numbers[1] is None:
            break
        offset = factor * numbers[1] + offset
        factor = factor * numbers[0]
        value = affine.x
    if value is node.output or not np.all(np.isfinite(factor)) or not np.all(np.isfinite(offset)):
        raise NoForm("its operand is not quantized")
    return factor, offset, value


def _affine(node: Node | None) -> Affine | None:
    """As ``find_affine``, with constants that may be made of integers."""
    if node is None:
        return None
    a, b = node.inputs
    known = _constant(a), _constant(b)
    if a is None or b is None or (known[0] is None) == (known[1] is None):
        return None
    x, array = (b, known[0]) if known[1] is None else (a, known[1])
    if x.type != node.output.type or array is None or (node.op.name == "div" and (x is b or not array.all())):
        return None
    return Affine(x, node, array.astype(np.float64))


def _constant(value: Value | None) -> np.ndarray | None:
    scaled = maker(value, "dequantize")
    if scaled is None:
        return value.array if value is not None else None
    q, scale = scaled.inputs
    if q is None or q.array is None or scale is None or scale.array is None:
        return None
    assert isinstance(scaled.op, Dequantize)
    return dequantize(q.array, spread(scale.array, scaled.op.axis, q.array.ndim), scaled.op.zero_point)
