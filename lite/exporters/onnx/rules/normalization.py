# SPDX-License-Identifier: Apache-2.0
"""Normalisations over channels, groups and rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from lite.errors import UnsupportedOpError
from lite.exporters.onnx.emission import FIX, Emission
from lite.ir.dim import product

CHANNELS = 1  # the axis on which ONNX has them


def _along_channels(op: str, e: Emission, *rest: str | None, **attributes: Any) -> str:
    """An op of ONNX whose channels are at axis 1."""
    x, back = e.with_axis(e.writer.value(e.need(0)), e.type().rank, e.op.axis, CHANNELS)
    return e.back(e.emit(op, x, *rest, **attributes), back)


def _batch_norm(e: Emission) -> str:
    return _along_channels("BatchNormalization", e, *e.inputs()[1:], epsilon=e.op.epsilon)


def _instance_norm(e: Emission) -> str:
    return _along_channels("InstanceNormalization", e, *e.inputs()[1:], epsilon=e.op.epsilon)


def _lrn(e: Emission) -> str:
    op = e.op
    return _along_channels("LRN", e, size=op.size, alpha=op.alpha, beta=op.beta, bias=op.bias)


def _group_norm(e: Emission) -> str:
    """By groups that are channels; ONNX's own op for it has changed its meaning since."""
    shape, groups = e.type().shape, e.op.groups
    rows = e.reshape(e.writer.value(e.need(0)), (shape[0], groups, product(shape[1:]) // groups), shape[:1])
    neutral = (e.like(np.full(groups, number)) for number in (1, 0))
    normalised = e.emit("InstanceNormalization", rows, *neutral, epsilon=e.op.epsilon)
    restored = e.reshape(normalised, shape)
    channels = e.extents((-1, *(1,) * (len(shape) - 2)))
    scale, bias = (e.emit("Reshape", e.input(position), channels) for position in (1, 2))
    return e.emit("Add", e.emit("Mul", restored, scale), bias)


def _layer_norm(e: Emission) -> str:
    scale = e.input(1)
    if scale is None:
        row = e.type().shape[e.op.axis :]
        if not all(isinstance(extent, int) for extent in row):
            raise UnsupportedOpError("the extents that it normalises over are not known",
                                     hint=FIX)  # fmt: skip
        scale = e.like(np.ones([int(extent) for extent in row]))
    return e.emit("LayerNormalization", e.input(0), scale, e.input(2), axis=e.op.axis, epsilon=e.op.epsilon)


def _rms_norm(e: Emission) -> str:
    """Spelled out: ONNX has it since opset 23."""
    x = e.input(0)
    axes = e.extents(range(e.op.axis, e.type().rank))
    mean = e.emit("ReduceMean", e.emit("Mul", x, x), axes, keepdims=1)
    root = e.emit("Sqrt", e.emit("Add", mean, e.like(e.op.epsilon)))
    return e.emit("Mul", e.emit("Div", x, root), e.input(1))


RULES = {
    "batch_norm": _batch_norm,
    "group_norm": _group_norm,
    "instance_norm": _instance_norm,
    "layer_norm": _layer_norm,
    "lrn": _lrn,
    "rms_norm": _rms_norm,
}
