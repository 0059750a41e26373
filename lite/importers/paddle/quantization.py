# SPDX-License-Identifier: Apache-2.0
"""Quantized tensors of Paddle and PaddleSlim: real = q * threshold / (2^(bits - 1) - 1), zero points are 0.

Paddle rounds ties away from zero where round_type is 1 (or is not there). Weights are rounded here just so;
activations ties to even, which is a step apart for values in the very middle between two integers.
Its fake ops clip to the threshold on both sides, so -2^(bits - 1) is never reached: a clip before quantize.
"""

from __future__ import annotations

import functools

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._scales import checked_scales, checked_zero_point
from lite.importers.paddle.call import Call
from lite.ir import DType, Extent, Value
from lite.ir.quant import limits, quantize

_TYPES = {8: DType.S8, 16: DType.S16}


def dtype_of_bits(bits: int) -> DType:
    """The element type of integers of so many bits.

    Raises
    ------
    UnsupportedOpError
    """
    if bits not in _TYPES:
        raise UnsupportedOpError(f"it quantizes to {bits} bits", hint="8 and 16 bits are supported")
    return _TYPES[bits]


def highest(bits: int) -> int:
    """The integer that stands for the threshold."""
    return limits(dtype_of_bits(bits))[1]


def steps_of(thresholds: np.ndarray, bits: int, shape: tuple[Extent, ...], axis: int) -> np.ndarray:
    """Scales as our ops take them: the distance between neighbouring integers."""
    flat = np.asarray(thresholds).reshape(-1)
    if flat.dtype.kind == "f":
        flat = np.asarray(flat.astype(np.float64) / highest(bits), np.float32)
    return checked_scales(flat, shape, axis, f"the scale (divided by {highest(bits)})")


def whole(array: np.ndarray, dtype: DType, what: str) -> np.ndarray:
    """Integers that are perhaps held by floats, in the element type.

    Raises
    ------
    ModelFormatError
        If some are no integers of that type.
    """
    info = np.iinfo(dtype.numpy)
    inside = np.isfinite(array) & (array >= info.min) & (array <= info.max)
    wrong = array[~inside | (np.where(inside, array, 0) != np.rint(np.where(inside, array, 0)))]
    if wrong.size:
        raise ModelFormatError(f"{what} holds {wrong.flat[0]:g}, expected integers of {dtype.value}")
    return array.astype(dtype.numpy)


def _thresholds(call: Call, slot: str) -> np.ndarray:
    value = call.input(slot)
    array = call.array_of(value)
    if array is None:
        raise UnsupportedOpError(
            f"its scale {value.name!r} is computed when running",
            hint="export the model for inference, with the scales fixed",
        )
    return array


def _axis(call: Call, rank: int, thresholds: int) -> int:
    axis = call.integer("quant_axis", -1)
    if thresholds == 1:
        return 0
    if not 0 <= axis < rank:
        raise ModelFormatError(f"quant_axis is {axis} for {thresholds} scales, expected 0 to {rank - 1}")
    return axis


def _check_zero_point(call: Call, dtype: DType, scales: int) -> None:
    value = call.optional("ZeroPoint")
    array = None if value is None else call.array_of(value)
    if array is not None and checked_zero_point(array, dtype, scales) != 0:
        raise UnsupportedOpError(
            f"its zero point is {array.reshape(-1)[0]:g}", hint="Paddle's own models have zero points of 0"
        )


def _parameters(call: Call, x: Value, slot: str) -> tuple[DType, int, np.ndarray]:
    """Element type, axis and steps."""
    bits = call.integer("bit_length", 8)
    dtype, thresholds = dtype_of_bits(bits), _thresholds(call, slot)
    axis = _axis(call, x.type.rank, thresholds.size)
    return dtype, axis, steps_of(thresholds, bits, x.type.shape, axis)


def _dequantized(call: Call, q: Value, steps: np.ndarray, axis: int) -> Value:
    return call.add("dequantize", q, call.constant(steps, DType.F32), axis=axis)


def _quantized(call: Call, x: Value, steps: np.ndarray, axis: int, dtype: DType) -> Value:
    return call.add("quantize", x, call.constant(steps, DType.F32), axis=axis, dtype=dtype)


def _quantize_linear(call: Call) -> Value:
    x = call.input("X")
    if call.flag("only_observer", False):
        return x
    dtype, axis, steps = _parameters(call, x, "Scale")
    _check_zero_point(call, dtype, steps.size)
    return _quantized(call, x, steps, axis, dtype)


def _dequantize_linear(call: Call) -> Value:
    x = call.input("X")
    if call.flag("only_observer", False):
        return x
    dtype, axis, steps = _parameters(call, x, "Scale")
    _check_zero_point(call, dtype, steps.size)
    if x.array is not None:
        x = call.constant(whole(x.array, dtype, repr(x.name)), dtype)
    elif x.type.dtype is not dtype:
        raise ModelFormatError(f"it reads {x.type}, expected integers of {dtype.value}")
    return _dequantized(call, x, steps, axis)


def _fake_quantize(call: Call) -> Value:
    """Integers held by floats in Paddle, or their reals; reals here: see ``stored``."""
    x = call.input("X")
    dtype, axis, steps = _parameters(call, x, "InScale")
    bounded = x
    if steps.ndim == 0:
        bounded = _bounded(call, x, float(_thresholds(call, "InScale").reshape(-1)[0]))
    return _dequantized(call, _quantized(call, bounded, steps, axis, dtype), steps, axis)


def _bounded(call: Call, x: Value, threshold: float) -> Value:
    """The value clipped on both sides where the integers would go one further below zero."""
    return x if _is_never_negative(x) else call.add("clip", x, lo=-threshold, hi=threshold)


def _calibrate(call: Call) -> Value:
    """Paddle Lite's rounding to 8 bits, as the reals it stands for; ``scale`` is a step."""
    x, highest_ = call.input("X"), highest(8)
    step = checked_scales(np.asarray(call.number("scale"), np.float32), (), 0)
    bounded = _bounded(call, x, float(step) * highest_)
    return _dequantized(call, _quantized(call, bounded, step, 0, DType.S8), step, 0)


def _is_never_negative(value: Value) -> bool:
    """Whether the op that makes a value, or the one before ops that keep signs, gives no negative numbers."""
    node = value.producer
    while node is not None and node.op.name in _KEEP_SIGNS and node.inputs[0] is not None:
        node = node.inputs[0].producer
    return node is not None and node.op.name in _NEVER_NEGATIVE


_KEEP_SIGNS = ("flatten", "pool2d", "reduce_max", "reduce_mean", "reshape", "squeeze", "transpose")
_NEVER_NEGATIVE = ("abs", "exp", "hard_sigmoid", "relu", "relu6", "sigmoid", "softmax", "softplus", "sqrt")


def _fake_quantize_dequantize_weights(per_channel: bool, call: Call) -> Value:
    """The threshold is the greatest magnitude of the constant itself."""
    x, bits = call.input("X"), call.integer("bit_length", 8)
    if x.array is None:
        raise UnsupportedOpError(
            "its scale is computed from each input", hint="export the model for inference, with scales fixed"
        )
    dtype, axis = dtype_of_bits(bits), call.integer("quant_axis", 0) if per_channel else 0
    if per_channel and not 0 <= axis < x.type.rank:
        raise ModelFormatError(f"quant_axis is {axis}, expected 0 to {x.type.rank - 1}")
    others = tuple(at for at in range(x.type.rank) if at != axis) if per_channel else None
    greatest = np.abs(x.array).max(axis=others, keepdims=True)
    thresholds = np.where(greatest > 0, greatest, np.float32(1))  # a channel of zeros has any
    steps = steps_of(thresholds, bits, x.type.shape, axis)
    scaled = x.array.astype(np.float32) * (np.float32(highest(bits)) / thresholds)
    q = _ties_away(scaled) if call.integer("round_type", 1) else quantize(scaled, 1.0, dtype=dtype)
    return _dequantized(call, call.constant(q, dtype), steps, axis)


def _ties_away(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.sign(x) * np.floor(np.abs(x) + np.float32(0.5)))


def _same(call: Call) -> Value:
    return call.input("X")


RULES = {
    "calib": _calibrate,
    "dequantize_linear": _dequantize_linear,
    "fake_channel_wise_dequantize_max_abs": _same,
    "fake_channel_wise_quantize_dequantize_abs_max": functools.partial(
        _fake_quantize_dequantize_weights, True
    ),
    "fake_dequantize_max_abs": _same,
    "fake_quantize_dequantize_abs_max": functools.partial(_fake_quantize_dequantize_weights, False),
    "fake_quantize_dequantize_moving_average_abs_max": _fake_quantize,
    "fake_quantize_moving_average_abs_max": _fake_quantize,
    "fake_quantize_range_abs_max": _fake_quantize,
    "moving_average_abs_max_scale": _same,
    "quantize_linear": _quantize_linear,
}
