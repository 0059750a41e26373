# SPDX-License-Identifier: Apache-2.0
"""Normalisations: batch, layer, group and root mean square."""

from __future__ import annotations

from collections.abc import Sequence

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axis_of
from lite.importers.onnx.call import Call
from lite.ir import Extent, Value

_TRAINING = "export the model for inference (torch: model.eval())"


def batch_norm(call: Call) -> tuple[Value, ...]:
    if not call.int("spatial", 1):
        raise UnsupportedOpError("spatial = 0 is not supported", hint=_TRAINING)
    inputs = [call.need(position) for position in range(5)]
    if call.int("training_mode", 0):
        return _batch_norm_of_batch(call, inputs)
    return (call.emit("batch_norm", *inputs, epsilon=call.float("epsilon", 1e-5)),)


def _batch_norm_of_batch(call: Call, inputs: Sequence[Value]) -> tuple[Value, ...]:
    """With mean and variance of the batch itself; also gives those that run along."""
    x, scale, bias, *running = inputs
    axes = tuple(axis for axis in range(x.type.rank) if axis != 1)
    mean = call.emit("reduce_mean", x, axes=axes, keepdims=True)
    centred = call.emit("sub", x, mean)
    variance = call.emit("reduce_mean", call.emit("mul", centred, centred), axes=axes, keepdims=True)
    channels = (x.type.shape[1],)
    found = [call.reshape(value, channels) for value in (mean, variance)]
    y = call.emit("batch_norm", x, scale, bias, *found, epsilon=call.float("epsilon", 1e-5))
    kept = call.float("momentum", 0.9)
    mixed = [call.emit("add", call.emit("mul", old, call.like(kept, old)),
                       call.emit("mul", new, call.like(1 - kept, new)))
             for old, new in zip(running, found)]  # fmt: skip
    return y, *mixed


def layer_norm(call: Call) -> tuple[Value, ...]:
    x = call.need(0)
    axis = axis_of(call.int("axis", -1), x.type.rank)
    epsilon = call.float("epsilon", 1e-5)
    if call.outputs > 1:
        return _layer_norm_in_pieces(call, x, axis, epsilon)
    extents = x.type.shape[axis:]
    scale, bias = (_parameter(call, position, extents) for position in (1, 2))
    return (call.emit("layer_norm", x, scale, bias, axis=axis, epsilon=epsilon),)


def _parameter(call: Call, position: int, extents: tuple[Extent, ...]) -> Value | None:
    """Scale or bias in exactly the normalised extents."""
    value = call.input(position)
    if value is None or value.type.shape == extents:
        return value
    return call.reshape(call.emit("expand", value, shape=extents), extents)


def _layer_norm_in_pieces(call: Call, x: Value, axis: int, epsilon: float) -> tuple[Value, ...]:
    """Also gives mean and 1 / deviation."""
    axes = tuple(range(axis, x.type.rank))
    mean = call.emit("reduce_mean", x, axes=axes, keepdims=True)
    centred = call.emit("sub", x, mean)
    variance = call.emit("reduce_mean", call.emit("mul", centred, centred), axes=axes, keepdims=True)
    inverse = call.emit("rsqrt", call.emit("add", variance, call.like(epsilon, x)))
    result = call.emit("mul", centred, inverse)
    for op, position in (("mul", 1), ("add", 2)):
        if call.input(position) is not None:
            result = call.emit(op, result, call.need(position))
    return result, mean, inverse


def group_norm(call: Call) -> Value:
    x, scale, bias = call.need(0), call.need(1), call.need(2)
    groups = call.int("num_groups")
    channels = x.type.shape[1]
    if not isinstance(channels, int) or groups < 1 or channels % groups:
        raise ModelFormatError(f"{channels} channels do not make {groups} groups")
    if call.opset < 21:  # one scale for each group
        scale, bias = (_repeated(call, value, groups, channels // groups) for value in (scale, bias))
    return call.emit("group_norm", x, scale, bias, groups=groups, epsilon=call.float("epsilon", 1e-5))


def _repeated(call: Call, value: Value, groups: int, times: int) -> Value:
    column = call.reshape(value, (groups, 1))
    return call.reshape(call.emit("expand", column, shape=(groups, times)), (groups * times,))


def rms_norm(call: Call) -> Value:
    x = call.need(0)
    axis = axis_of(call.int("axis", -1), x.type.rank)
    return call.emit(
        "rms_norm",
        x,
        _parameter(call, 1, x.type.shape[axis:]) or call.need(1),
        axis=axis,
        epsilon=call.float("epsilon", 1e-5),
    )


RULES = {
    "BatchNormalization": batch_norm,
    "GroupNormalization": group_norm,
    "LayerNormalization": layer_norm,
    "RMSNormalization": rms_norm,
}
