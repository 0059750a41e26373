# SPDX-License-Identifier: Apache-2.0
"""What layers share: weights in our order of axes, and biases in steps of their sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lite.errors import ModelFormatError
from lite.importers import _stored
from lite.importers._scales import checked_scales
from lite.importers.tflite.call import Call
from lite.ir import DType, Value
from lite.ir.quant import limits

INTEGER_SUMS = (DType.S32, DType.S64)
LEAST, GREATEST = limits(DType.S8)


def permuted(call: Call, w: Value, perm: Sequence[int]) -> Value:
    """Weights with their axes permuted; those that are stored as integers stay so."""
    if _stored.is_stored(w):
        return _stored.transposed(call.walk.emitter.graph, w, perm)
    return call.emit("transpose", w, perm=tuple(perm))


def within_bytes(call: Call, x: Value, w: Value, axis: int) -> tuple[Value, Value]:
    """A layer's input and weights, the weights as steps from -128 to 127 around 0.

    The first quantized models had unsigned weights with a zero point anywhere: up to 255 steps to one side.
    What lies beyond a byte goes into further weights, for which the input's channels concerned come twice:
    sums stay what they are.

    Parameters
    ----------
    axis : int
        Of the input's channels in the weights; in the input they are the last axis.
    """
    steps = _steps_around_0(w)
    if steps is None or (steps.size and steps.min() >= LEAST and steps.max() <= GREATEST):
        return x, w
    held = np.clip(steps, LEAST, GREATEST)
    rest = steps - held
    others = tuple(other for other in range(steps.ndim) if other != axis)
    channels = np.flatnonzero(rest.any(axis=others))
    rest = np.take(rest, channels, axis=axis)
    if rest.max() > GREATEST:
        return x, w
    last = x.type.rank - 1
    again = call.emit("gather", x, call.constant(channels, DType.S64), axis=last)
    scale = w.producer.inputs[1] if w.producer is not None else None
    integers = call.constant(np.concatenate([held, rest], axis=axis), DType.S8)
    return call.emit("concat", x, again, axis=last), call.emit("dequantize", integers, scale)


def _steps_around_0(w: Value) -> np.ndarray | None:
    """Integers of stored weights less their zero point; None of weights with several scales or none."""
    if not _stored.is_stored(w) or w.producer is None:
        return None
    q, scale = w.producer.inputs
    if q is None or q.array is None or scale is None or scale.type.rank:
        return None
    return q.array.astype(np.int16) - int(w.producer.op.attributes()["zero_point"])


def bias_of(call: Call, position: int, *, x: int = 0, w: int = 1) -> Value | None:
    """The bias of a layer; one of integers has the product of the scales of the image and the weights.

    Parameters
    ----------
    position, x, w : int
        Of the bias, the layer's input and its weights among the inputs.
    """
    if not call.has(position):
        return None
    bias = call.stored(position)
    if bias.type.dtype not in INTEGER_SUMS:
        return call.need(position)
    sides = [call.tensor(side).quantized for side in (x, w)]
    if sides[0] is None or sides[1] is None:
        raise ModelFormatError(f"its bias is of {bias.type.dtype.value}, but its inputs are not quantized")
    product = np.asarray(sides[0].scales[:1] * np.asarray(sides[1].scales, np.float64)).astype(np.float32)
    scales = checked_scales(product, bias.type.shape, 0, "the scale of the bias")
    least, greatest = limits(DType.S32)
    if bias.array is not None and bias.type.dtype is DType.S64:
        if bias.array.size and not least <= bias.array.min() <= bias.array.max() <= greatest:
            return call.constant(bias.array * scales.astype(np.float64), DType.F32)
        bias = call.constant(bias.array, DType.S32)
    return call.emit("dequantize", bias, call.constant(scales))
