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


def permuted(call: Call, w: Value, perm: Sequence[int]) -> Value:
    """Weights with their axes permuted; those that are stored as integers stay so."""
    if _stored.is_stored(w):
        return _stored.transposed(call.walk.emitter.graph, w, perm)
    return call.emit("transpose", w, perm=tuple(perm))


def bias_of(
    call: Call, position: int, *, x: int = 0, w: int = 1, integers: np.ndarray | None = None
) -> Value | None:
    """The bias of a layer; one of integers has the product of the scales of the image and the weights.

    Parameters
    ----------
    position, x, w : int
        Of the bias, the layer's input and its weights among the inputs.
    integers : ndarray, optional
        In the place of the bias that the file has.
    """
    if integers is None and not call.has(position):
        return None
    bias = call.stored(position) if integers is None else call.constant(integers)
    if bias.type.dtype not in INTEGER_SUMS:
        return bias
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
