# SPDX-License-Identifier: Apache-2.0
"""Values rounded to the steps of integers, as quantization-aware training leaves them, as integers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._scales import checked_scales
from lite.importers.tensorflow.call import Call
from lite.ir import DType, Value
from lite.ir.quant import quantize

BITS = {8: (DType.S8, 128), 16: (DType.S16, 32768)}  # types, and where their 0 lies in TensorFlow's counting


def _from_inputs(call: Call) -> tuple[np.ndarray, np.ndarray]:
    return call.fixed(1, "least value"), call.fixed(2, "greatest value")


def _from_attributes(call: Call) -> tuple[np.ndarray, np.ndarray]:
    return np.array(call.float("min", -6.0)), np.array(call.float("max", 6.0))


def _rule(limits: Callable[[Call], tuple[np.ndarray, np.ndarray]]) -> Callable[[Call], Value]:
    def rule(call: Call) -> Value:
        least, greatest = (np.asarray(array, np.float32).astype(np.float64) for array in limits(call))
        return _rounded(call, call.need(0), least, greatest)

    return rule


def _rounded(call: Call, x: Value, least: np.ndarray, greatest: np.ndarray) -> Value:
    """Rounded and bounded; several bounds are those of the last axis."""
    bits = call.int("num_bits", 8)
    if bits not in BITS:
        raise UnsupportedOpError(f"it rounds to {bits} bits", hint="8 and 16 are supported")
    if least.shape != greatest.shape or not ((least <= 0) & (greatest >= 0) & (least < greatest)).all():
        raise ModelFormatError(
            f"the bounds are {least.ravel()[:4]} and {greatest.ravel()[:4]}, expected 0 between them"
        )
    dtype, middle = BITS[bits]
    first, last = int(call.flag("narrow_range")), 2**bits - 1
    axis = max(x.type.rank - 1, 0)
    scales = checked_scales(((greatest - least) / (last - first)).astype(np.float32), x.type.shape, axis)
    zeros = np.clip(np.floor(first - least / scales + 0.5), first, last).astype(np.int64) - middle
    if zeros.size and np.any(zeros != zeros.ravel()[0]):
        raise UnsupportedOpError(
            "its zero points differ from channel to channel", hint="quantize weights symmetrically"
        )
    zero = int(zeros.ravel()[0])
    stored, bound = call.constant(scales), (scales * np.float32(first - middle - zero)).astype(np.float32)
    if x.array is not None:
        integers = call.constant(quantize(np.maximum(x.array, bound), scales, zero, dtype))
    else:
        x = call.emit("max", x, call.constant(bound)) if first else x
        integers = call.emit("quantize", x, stored, zero_point=zero, axis=axis, dtype=dtype)
    return call.emit("dequantize", integers, stored, zero_point=zero, axis=axis)


RULES = {
    "FakeQuantWithMinMaxArgs": _rule(_from_attributes), "FakeQuantWithMinMaxVars": _rule(_from_inputs),
    "FakeQuantWithMinMaxVarsPerChannel": _rule(_from_inputs),
}  # fmt: skip
