# SPDX-License-Identifier: Apache-2.0
"""Convolutions, pools and normalisations over images, as they lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import same_pads
from lite.importers._moves import transposed_side
from lite.importers.tensorflow.call import Call
from lite.ir import Extent, Value

_KERNEL_LAST, _DEPTHWISE_KERNEL_LAST = (3, 2, 0, 1), (2, 3, 0, 1)
_SPACE = {"nhwc": (1, 2), "nchw": (2, 3)}
_CHANNELS = {"nhwc": 3, "nchw": 1}
_ONES = (1, 1, 1, 1)


def _space(call: Call, x: Value) -> tuple[Extent, Extent]:
    """Height and width."""
    rows, columns = _SPACE[call.layout]
    return x.type.shape[rows], x.type.shape[columns]


def _steps(call: Call, name: str) -> tuple[int, int]:
    """Strides, dilations or a kernel, along height and width."""
    numbers = call.many(name, _ONES if name == "dilations" else ...)
    rows, columns = call.of_space(numbers)
    if min(numbers) < 1 or sorted(numbers) != sorted((1, 1, rows, columns)):
        raise ModelFormatError(f"{name} is {list(numbers)}, expected numbers >= 1, for height and width only")
    return int(rows), int(columns)


def _pads(
    call: Call,
    x: Value,
    kernel: tuple[int, int],
    strides: tuple[int, int],
    dilations: tuple[int, int] = (1, 1),
) -> tuple[Extent, ...]:
    """Pads top, left, bottom, right."""
    padding = call.text("padding")
    if padding == "VALID":
        return 0, 0, 0, 0
    if padding == "SAME":
        sides = zip(_space(call, x), kernel, strides, dilations)
        rows, columns = (same_pads(extent, *each) for extent, *each in sides)
        return rows[0], columns[0], rows[1], columns[1]
    if padding != "EXPLICIT":
        raise ModelFormatError(f"the padding is {padding!r}, expected SAME, VALID or EXPLICIT")
    pads = call.many("explicit_paddings", ())
    if len(pads) != 8 or min(pads) < 0:
        raise ModelFormatError(f"explicit_paddings is {list(pads)}, expected two numbers >= 0 for each axis")
    (top, left), (bottom, right) = call.of_space(pads[::2]), call.of_space(pads[1::2])
    return top, left, bottom, right


def _filter(call: Call, position: int) -> tuple[Value, tuple[int, int, int, int]]:
    """Weights, and their extents: kernel, and two more."""
    w = call.need(position)
    extents = tuple(extent for extent in w.type.shape if isinstance(extent, int) and extent > 0)
    if len(extents) != 4 or w.type.rank != 4:
        raise ModelFormatError(f"the weights are {w.type}, expected 4 fixed extents")
    return w, (extents[0], extents[1], extents[2], extents[3])


def _channels(call: Call, x: Value) -> int:
    channels = x.type.shape[_CHANNELS[call.layout]]
    if not isinstance(channels, int):
        raise UnsupportedOpError(
            f"the number of channels of {x.type} is open", hint="fix it with input_shapes"
        )
    return channels


def conv2d(call: Call) -> Value:
    """Of all channels, of groups (weights of fewer channels), or of each channel by itself."""
    x, dilations = call.image(0), _steps(call, "dilations")
    kernel = _filter(call, 1)[1][:2]
    return _convolved(call, x, dilations, _pads(call, x, kernel, _steps(call, "strides"), dilations))


def _convolved(call: Call, x: Value, dilations: tuple[int, int], pads: tuple[Extent, ...]) -> Value:
    """The convolution of a call, with dilations and pads that may be others than its own."""
    w, (height, width, first, second) = _filter(call, 1)
    channels = _channels(call, x)
    if call.op == "Conv2D":
        groups, w = channels // first, call.transpose(w, _KERNEL_LAST)
    else:
        groups, w = channels, call.transpose(w, _DEPTHWISE_KERNEL_LAST)
        w = call.reshape(w, (first * second, 1, height, width))
    if not channels or channels % first or (call.op != "Conv2D" and channels != first):
        raise ModelFormatError(f"the weights {call.need(1).type} do not fit the channels of {x.type}")
    return call.emit_single(
        "conv2d",
        x,
        w,
        strides=_steps(call, "strides"),
        pads=pads,
        dilations=dilations,
        groups=groups,
        layout=call.layout,
    )


def dilated(first: Call, layer: Call, crops: Sequence[int], blocks: Sequence[int]) -> Value | None:
    """A convolution between space_to_batch and batch_to_space as one with dilation; None if it is none.

    Parameters
    ----------
    first, layer : Call
        What makes batches of blocks, and what convolves them.
    crops, blocks : sequence of int
        Of what makes images of them again.
    """
    found, pads = first.array(1), first.array(2)
    if found is None or pads is None or layer.layout != "nhwc" or len(blocks) != 2:
        return None
    plain = _steps(layer, "strides") == _steps(layer, "dilations") == (1, 1)
    if list(found.reshape(-1)) != list(blocks) or layer.text("padding") != "VALID" or not plain:
        return None
    top, bottom, left, right = (int(pad) - crop for pad, crop in zip(pads.reshape(-1), crops))
    if min(top, bottom, left, right) < 0:
        return None
    return _convolved(layer, first.image(0), (blocks[0], blocks[1]), (top, left, bottom, right))


def conv2d_transpose(call: Call) -> Value:
    """The output's shape, or its height and width; weights [height, width, out, in]; the image."""
    x, (w, (height, width, _, _)) = call.image(2), _filter(call, 1)
    wanted = call.extents(0, "output shape")
    if _steps(call, "dilations") != (1, 1) or call.text("padding") == "EXPLICIT":
        raise UnsupportedOpError("a transposed convolution with dilations or explicit pads is not supported")
    size = tuple(wanted) if len(wanted) == 2 else call.of_space(wanted)
    strides = _steps(call, "strides")
    (top, bottom, below), (left, right, beside) = (
        transposed_side(extent, kernel, stride, side, same=call.text("padding") == "SAME")
        for extent, kernel, stride, side in zip(_space(call, x), (height, width), strides, size)
    )
    return call.emit_single(
        "conv2d_transpose",
        x,
        call.transpose(w, _KERNEL_LAST),
        strides=strides,
        pads=(top, left, bottom, right),
        output_pads=(below, beside),
        layout=call.layout,
    )


def _pool(call: Call, kind: str) -> Value:
    x, kernel, strides = call.image(0), _steps(call, "ksize"), _steps(call, "strides")
    pads = _pads(call, x, kernel, strides)
    return call.emit("pool2d", x, kind=kind, kernel=kernel, strides=strides, pads=pads, layout=call.layout)


def max_pool(call: Call) -> Value:
    return _pool(call, "max")


def avg_pool(call: Call) -> Value:
    return _pool(call, "average")


def fused_batch_norm(call: Call) -> Value:
    if call.flag("is_training", True):
        raise UnsupportedOpError(
            "it computes the statistics of each batch (is_training = true)",
            hint="export the model for inference",
        )
    parameters = [call.need(position) for position in range(1, 5)]
    axis, epsilon = _CHANNELS[call.layout], call.float("epsilon", 1e-4)
    return call.emit("batch_norm", call.image(0), *parameters, epsilon=epsilon, axis=axis)


def old_batch_norm(call: Call) -> Value:
    """Means, variances, biases and, if it says so, factors behind the image."""
    mean, variance, bias = (call.need(position) for position in range(1, 4))
    scaled = call.flag("scale_after_normalization")
    scale = call.need(4) if scaled else call.emit("expand", call.like(1, mean), shape=mean.type.shape)
    epsilon = call.float("variance_epsilon")
    return call.emit("batch_norm", call.image(0), scale, bias, mean, variance, epsilon=epsilon, axis=3)


def lrn(call: Call) -> Value:
    size = 2 * call.int("depth_radius", 5) + 1
    alpha = float(np.float32(call.float("alpha", 1.0))) * size
    beta, bias = call.float("beta", 0.5), call.float("bias", 1.0)
    return call.emit("lrn", call.image(0), size=size, alpha=alpha, beta=beta, bias=bias, axis=3)


RULES = {
    "AvgPool": avg_pool, "BatchNormWithGlobalNormalization": old_batch_norm, "Conv2D": conv2d,
    "Conv2DBackpropInput": conv2d_transpose, "DepthwiseConv2dNative": conv2d,
    "FusedBatchNorm": fused_batch_norm, "FusedBatchNormV2": fused_batch_norm,
    "FusedBatchNormV3": fused_batch_norm, "LRN": lrn, "MaxPool": max_pool,
}  # fmt: skip
