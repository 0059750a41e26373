# SPDX-License-Identifier: Apache-2.0
"""Unsigned weights of the first quantized models, as bytes around 0.

Their zero point lies anywhere, so weights reach up to 255 steps to one side. What lies beyond a byte goes
into further weights, for which the input is read twice: sums stay what they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lite.importers import _stored
from lite.importers.tflite.call import Call
from lite.ir import DType, Value
from lite.ir.quant import limits

LEAST, GREATEST = limits(DType.S8)


@dataclass(frozen=True)
class TwoBytes:
    """Steps around 0 as a sum of two arrays of bytes, and the scale of the whole tensor."""

    held: np.ndarray
    rest: np.ndarray
    scale: Value

    def stored(self, call: Call, integers: np.ndarray) -> Value:
        """Integers with this scale."""
        return call.emit("dequantize", call.constant(np.ascontiguousarray(integers)), self.scale)


def two_bytes(call: Call, w: Value) -> TwoBytes | None:
    """What weights are as two bytes; None if one is enough, two are not, or the layer has floats."""
    if not _stored.is_stored(w) or w.producer is None or call.tensor(0).quantized is None:
        return None
    q, scale = w.producer.inputs
    if q is None or q.array is None or scale is None or scale.type.rank or not q.array.size:
        return None
    steps = q.array.astype(np.int16) - int(w.producer.op.attributes()["zero_point"])
    held = np.clip(steps, LEAST, GREATEST)
    rest = steps - held
    if not rest.any() or rest.max() > GREATEST:
        return None
    return TwoBytes(held.astype(np.int8), rest.astype(np.int8), scale)


def within_bytes(call: Call, x: Value, w: Value, axis: int) -> tuple[Value, Value]:
    """Input and weights of a layer that mixes channels; those of which weights are beyond a byte come twice.

    Parameters
    ----------
    axis : int
        Of the input's channels in the weights; in the input they are the last axis.
    """
    parts = two_bytes(call, w)
    if parts is None:
        return x, w
    others = tuple(other for other in range(parts.rest.ndim) if other != axis)
    channels = np.flatnonzero(parts.rest.any(axis=others))
    last = x.type.rank - 1
    again = call.emit("gather", x, call.constant(channels, DType.S64), axis=last)
    integers = np.concatenate([parts.held, np.take(parts.rest, channels, axis=axis)], axis=axis)
    return call.emit("concat", x, again, axis=last), parts.stored(call, integers)
