# SPDX-License-Identifier: Apache-2.0
"""Convolutions and pools over images, as they lie: NHWC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import same_pads
from lite.importers._moves import transposed_side
from lite.importers.tflite.call import Call
from lite.importers.tflite.rules.layers import bias_of, permuted
from lite.importers.tflite.rules.unsigned import TwoBytes, two_bytes, within_bytes
from lite.ir import DType, Extent, Value

SAME, VALID = 0, 1
LOWEST = np.int32(-(1 << 30))  # a bias, in steps of the sums, below which no output can be
OHWI_TO_OIHW, OHWI_TO_IOHW, HWO_TO_OHW = (0, 3, 1, 2), (3, 0, 1, 2), (3, 0, 1, 2)


@dataclass(frozen=True)
class Steps:
    """How a window moves over height and width."""

    strides: tuple[int, int]
    dilations: tuple[int, int] = (1, 1)


def _steps(options: Any, *, dilates: bool = False) -> Steps:
    strides = int(options.stride_h), int(options.stride_w)
    dilations = (int(options.dilation_h_factor), int(options.dilation_w_factor)) if dilates else (1, 1)
    if min(strides + dilations) < 1:
        raise ModelFormatError(f"strides are {strides} and dilations {dilations}, expected numbers >= 1")
    return Steps(strides, dilations)


def _pads(call: Call, x: Value, kernel: tuple[int, int], steps: Steps) -> tuple[Extent, ...]:
    """Pads top, left, bottom, right."""
    known: tuple[Extent, ...] | None = getattr(call.options, "pads", None)
    if known is not None:
        return known
    padding = int(call.options.padding)
    if padding not in (SAME, VALID):
        raise ModelFormatError(f"the padding is number {padding}, expected {SAME} (same) or {VALID} (valid)")
    if padding == VALID:
        return 0, 0, 0, 0
    rows, columns = (same_pads(extent, *each) for extent, *each in zip(
        x.type.shape[1:3], kernel, steps.strides, steps.dilations))
    return rows[0], columns[0], rows[1], columns[1]


def _kernel(w: Value) -> tuple[int, int]:
    """Height and width of weights that lie as [., height, width, .]."""
    shape = w.type.shape
    if len(shape) != 4 or not all(isinstance(extent, int) for extent in shape):
        raise ModelFormatError(f"the weights are {w.type}, expected rank 4")
    return int(shape[1]), int(shape[2])


def conv_2d(call: Call) -> Value:
    x, w = call.image(0), call.need(1)
    kernel, steps = _kernel(w), _steps(call.options, dilates=True)
    channels, per_group = x.type.shape[3], w.type.shape[3]
    if not isinstance(channels, int) or not isinstance(per_group, int) or channels % max(per_group, 1):
        raise ModelFormatError(f"the weights {w.type} do not fit the {channels} channels of {x.type}")
    groups = channels // max(per_group, 1)
    if groups == 1:
        x, w = within_bytes(call, x, w, 3)
    pads = _pads(call, x, kernel, steps)
    return _convolved(call, x, permuted(call, w, OHWI_TO_OIHW), pads, steps, groups)


def depthwise_conv_2d(call: Call) -> Value:
    """Weights lie as [1, height, width, channels * multiplier]."""
    x, w = call.image(0), call.need(1)
    kernel, steps = _kernel(w), _steps(call.options, dilates=True)
    channels = x.type.shape[3]
    if not isinstance(channels, int) or w.type.shape[0] != 1 or not channels:
        raise ModelFormatError(f"the weights are {w.type} for {x.type}, expected [1, height, width, out]")
    pads = _pads(call, x, kernel, steps)
    parts = two_bytes(call, w)
    if parts is None:
        return _convolved(call, x, permuted(call, w, HWO_TO_OHW), pads, steps, channels)
    return _in_two_layers(call, x, parts, pads, steps)


def _in_two_layers(call: Call, x: Value, parts: TwoBytes, pads: tuple[Extent, ...], steps: Steps) -> Value:
    """A depthwise layer, few channels of which have weights beyond a byte.

    A layer that mixes channels makes these few, of inputs that come twice. In either layer what belongs to
    the other is as low as can be, so that the greater one of both is the result.
    """
    outputs, channels = parts.held.shape[3], int(x.type.shape[3])
    beyond = np.flatnonzero(parts.rest.any(axis=(0, 1, 2)))
    plain = np.setdiff1d(np.arange(outputs), beyond)
    known = np.zeros(outputs, np.int32) if not call.has(2) else call.fixed(2, "bias")
    low, rest_low = (np.where(np.isin(np.arange(outputs), few), LOWEST, known) for few in (beyond, plain))
    held = parts.held.copy()
    held[..., beyond] = 0
    weights = np.zeros((outputs, *held.shape[1:3], 2 * len(beyond)), np.int8)
    for place, channel in enumerate(beyond):
        weights[channel, :, :, 2 * place] = parts.held[0, :, :, channel]
        weights[channel, :, :, 2 * place + 1] = parts.rest[0, :, :, channel]
    sources = np.repeat(beyond * channels // outputs, 2)
    twice = call.emit("gather", x, call.constant(sources, DType.S64), axis=3)
    single = permuted(call, parts.stored(call, held), HWO_TO_OHW)
    mixed = permuted(call, parts.stored(call, weights), OHWI_TO_OIHW)
    return call.emit("max", _convolved(call, x, single, pads, steps, channels, low),
                     _convolved(call, twice, mixed, pads, steps, 1, rest_low))  # fmt: skip


def _convolved(
    call: Call, x: Value, w: Value, pads: tuple[Extent, ...], steps: Steps, groups: int,
    bias: np.ndarray | None = None,
) -> Value:  # fmt: skip
    """A convolution with the op's activation, and its bias unless other integers are given for it."""
    y = call.emit("conv2d", x, w, bias_of(call, 2, integers=bias), strides=steps.strides, pads=pads,
                  dilations=steps.dilations, groups=groups, layout="nhwc")
    return call.activated(y)


def transpose_conv(call: Call) -> Value:
    """The output's shape, weights [out, height, width, in], the image, perhaps a bias."""
    return call.activated(transposed_convolution(call, call.extents(0, "output shape")[1:3], 1, 2, 3))


def transposed_convolution(
    call: Call, wanted: Sequence[Extent], weights: int, image: int, bias: int
) -> Value:
    """A transposed convolution whose result has the wanted height and width.

    Parameters
    ----------
    wanted : tuple of two Extent
    weights, image, bias : int
        Positions of the inputs.
    """
    x, w = call.image(image), call.need(weights)
    if len(wanted) != 2:
        raise ModelFormatError(f"the output shape has {len(wanted) + 2} extents, expected 4")
    same, strides = int(call.options.padding) == SAME, _steps(call.options).strides
    (top, bottom, below), (left, right, beside) = (
        transposed_side(extent, kernel, stride, size, same=same)
        for extent, kernel, stride, size in zip(x.type.shape[1:3], _kernel(w), strides, wanted))
    return call.emit("conv2d_transpose", x, permuted(call, w, OHWI_TO_IOHW),
                     bias_of(call, bias, x=image, w=weights), strides=_steps(call.options).strides,
                     pads=(top, left, bottom, right), output_pads=(below, beside), layout="nhwc")


def _pool(call: Call, x: Value, kind: str) -> Value:
    options = call.options
    kernel, steps = (int(options.filter_height), int(options.filter_width)), _steps(options)
    return call.emit("pool2d", x, kind=kind, kernel=kernel, strides=steps.strides,
                     pads=_pads(call, x, kernel, steps), layout="nhwc")


def average_pool_2d(call: Call) -> Value:
    return call.activated(_pool(call, call.image(0), "average"))


def max_pool_2d(call: Call) -> Value:
    return call.activated(_pool(call, call.image(0), "max"))


def l2_pool_2d(call: Call) -> Value:
    """The root of the mean of the squares."""
    x = call.image(0)
    return call.activated(call.emit("sqrt", _pool(call, call.emit("mul", x, x), "average")))


def convolution_2d_transpose_bias(call: Call) -> Value:
    """A custom op: weights [out, height, width, in] behind the image, and a bias; options of three ints."""
    x, w = call.image(0), call.need(1)
    if len(call.operator.custom) < 12:
        raise ModelFormatError(f"its options have {len(call.operator.custom)} bytes, expected 12")
    padding, stride_w, stride_h = (int(number) for number in np.frombuffer(call.operator.custom, "<i4", 3))
    if padding not in (1, 2):  # TfLitePadding: 1 same, 2 valid
        raise UnsupportedOpError(f"the padding is number {padding}, expected 1 or 2")
    call.options = call.options_like("TransposeConvOptions", padding=padding - 1, stride_w=stride_w,
                                     stride_h=stride_h)
    strides = _steps(call.options).strides
    wanted = tuple(extent * stride if padding == 1 else (extent - 1) * stride + kernel
                   for extent, stride, kernel in zip(x.type.shape[1:3], strides, _kernel(w)))
    return transposed_convolution(call, wanted, 1, 0, 2)


RULES = {
    "AVERAGE_POOL_2D": average_pool_2d, "CONV_2D": conv_2d,
    "Convolution2DTransposeBias": convolution_2d_transpose_bias, "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "L2_POOL_2D": l2_pool_2d, "MAX_POOL_2D": max_pool_2d, "TRANSPOSE_CONV": transpose_conv,
}  # fmt: skip
