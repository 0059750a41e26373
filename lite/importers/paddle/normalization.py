# SPDX-License-Identifier: Apache-2.0
"""Paddle's normalisations."""

from __future__ import annotations

from lite.errors import ModelFormatError
from lite.importers._building import axis_of
from lite.importers.paddle.call import Call
from lite.importers.paddle.creation import filled
from lite.ir import DType, Value


def _batch_norm(call: Call) -> Value:
    x = call.input("X")
    last = call.is_channels_last("data_layout")
    parameters = [call.input(slot) for slot in ("Scale", "Bias", "Mean", "Variance")]
    flat = [call.reshape(value, (value.type.count,)) for value in parameters]
    return call.add(
        "batch_norm",
        x,
        *flat,
        epsilon=call.number("epsilon", 1e-5),
        axis=max(x.type.rank - 1, 0) if last else 1,
    )


def _layer_norm(call: Call) -> Value:
    x = call.input("X")
    axis = axis_of(call.integer("begin_norm_axis", 1), x.type.rank)
    parameters = [call.optional(slot) for slot in ("Scale", "Bias")]
    shaped = [None if value is None else call.reshape(value, x.type.shape[axis:]) for value in parameters]
    return call.add("layer_norm", x, *shaped, axis=axis, epsilon=call.number("epsilon", 1e-5))


def _channel_parameters(call: Call, x: Value) -> list[Value]:
    """Scale and Bias, ones and zeros where they are left out."""
    if x.type.rank < 2:
        raise ModelFormatError(f"the input has shape {x.type}, expected batch and channels at least")
    parameters = []
    for slot, filler in (("Scale", 1.0), ("Bias", 0.0)):
        value = call.optional(slot)
        parameters.append(
            filled(call, x.type.shape[1:2], filler, DType.F32)
            if value is None
            else call.reshape(value, (value.type.count,))
        )
    return parameters


def _instance_norm(call: Call) -> Value:
    x = call.input("X")
    return call.add(
        "instance_norm", x, *_channel_parameters(call, x), epsilon=call.number("epsilon", 1e-5), axis=1
    )


def _group_norm(call: Call) -> Value:
    x = call.to_nchw(call.input("X"), "data_layout")
    y = call.add(
        "group_norm",
        x,
        *_channel_parameters(call, x),
        groups=call.integer("groups"),
        epsilon=call.number("epsilon", 1e-5),
    )
    return call.from_nchw(y, "data_layout")


def _lrn(call: Call) -> Value:
    x, size = call.to_nchw(call.input("X")), call.integer("n", 5)
    y = call.add(
        "lrn",
        x,
        size=size,
        alpha=call.number("alpha", 1e-4) * size,
        beta=call.number("beta", 0.75),
        bias=call.number("k", 2.0),
        axis=1,
    )
    return call.from_nchw(y)


def _l2_normalize(call: Call) -> Value:
    """x / sqrt(sum of squares along an axis + epsilon)."""
    x = call.input("X")
    axis = axis_of(call.integer("axis", -1), x.type.rank)
    total = call.add("reduce_sum", call.add("mul", x, x), axes=(axis,), keepdims=True)
    length = call.add("sqrt", call.plus(total, call.number("epsilon", 1e-10)))
    return call.add("div", x, length)


def _affine_channel(call: Call) -> Value:
    x = call.to_nchw(call.input("X"), "data_layout")
    scale, bias = (call.input(slot) for slot in ("Scale", "Bias"))
    shape = (scale.type.count, *(1,) * (x.type.rank - 2))
    y = call.add("add", call.add("mul", x, call.reshape(scale, shape)), call.reshape(bias, shape))
    return call.from_nchw(y, "data_layout")


RULES = {
    "affine_channel": _affine_channel, "batch_norm": _batch_norm, "group_norm": _group_norm,
    "instance_norm": _instance_norm, "layer_norm": _layer_norm, "lrn": _lrn, "norm": _l2_normalize,
    "sync_batch_norm": _batch_norm,
}  # fmt: skip
