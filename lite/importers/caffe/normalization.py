# SPDX-License-Identifier: Apache-2.0
"""Caffe's normalisations."""

from __future__ import annotations

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.caffe.call import Call
from lite.ir import Value


def _batch_norm(call: Call) -> Value:
    """Mean and variance are stored as sums, with the number that divides them."""
    x, told = call.bottom(0), call.param("batch_norm")
    if not told.use_global_stats:
        raise UnsupportedOpError(
            "it computes the statistics of each batch (use_global_stats: false)",
            hint="set use_global_stats: true, as for testing",
        )
    if x.type.rank < 2:
        raise ModelFormatError(f"it reads {x.type}, expected channels on axis 1")
    channels = call.known(x.type.shape[1], "number of channels")
    mean, variance = (call.weights(at, (channels,), what) for at, what in enumerate(("means", "variances")))
    divisor = call.weights(2, (1,), "divisor of the statistics")[0]
    factor = np.float32(0 if divisor == 0 else 1 / divisor)
    scale, bias = np.ones(channels, np.float32), np.zeros(channels, np.float32)
    if told.scale_bias:
        scale, bias = (call.weights(at, (channels,), what) for at, what in ((3, "factors"), (4, "biases")))
    parameters = (scale, bias, mean * factor, variance * factor)
    return call.emit("batch_norm", x, *map(call.constant, parameters), epsilon=told.eps)


def _lrn(call: Call) -> Value:
    told = call.param("lrn")
    if told.local_size % 2 == 0:
        raise ModelFormatError(f"local_size is {told.local_size}, expected an odd number")
    if told.norm_region == 0:
        return call.emit(
            "lrn", call.image(), size=told.local_size, alpha=told.alpha, beta=told.beta, bias=told.k, axis=1
        )
    x, reach = call.image(), (told.local_size - 1) // 2
    size = (told.local_size, told.local_size)
    mean = call.emit(
        "pool2d",
        call.emit("mul", x, x),
        kind="average",
        kernel=size,
        pads=(reach,) * 4,
        count_include_pad=True,
    )
    root = call.emit("pow", call.plus(call.times(mean, told.alpha), 1.0), call.constant(-told.beta))
    return call.emit("mul", x, root)


def _mvn(call: Call) -> Value:
    """(x - mean) / (deviation + eps), over the pixels of a channel or of all."""
    x, told = call.image(), call.param("mvn")
    axes = (1, 2, 3) if told.across_channels else (2, 3)
    centred = call.emit("sub", x, call.emit("reduce_mean", x, axes=axes, keepdims=True))
    if not told.normalize_variance:
        return centred
    variance = call.emit("reduce_mean", call.emit("mul", centred, centred), axes=axes, keepdims=True)
    return call.emit("div", centred, call.plus(call.emit("sqrt", variance), told.eps))


def _normalize(call: Call) -> Value:
    """x / sqrt(sum of squares + eps) over the channels, or also the pixels; times learned factors."""
    x, told = call.image(), call.param("norm")
    channels = 1 if told.channel_shared else call.known(x.type.shape[1], "number of channels")
    factor = call.constant(call.weights(0, (channels,), "factors").reshape(channels, 1, 1))
    axes = (1, 2, 3) if told.across_spatial else (1,)
    total = call.emit("reduce_sum_square", x, axes=axes, keepdims=True)
    length = call.emit("sqrt", call.plus(total, told.eps))
    return call.emit("mul", call.emit("div", x, length), factor)


RULES = {"BatchNorm": _batch_norm, "LRN": _lrn, "MVN": _mvn, "Normalize": _normalize}
