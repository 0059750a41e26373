# SPDX-License-Identifier: Apache-2.0
"""quantize, dequantize and tables."""

from __future__ import annotations

import numpy as np

from lite.errors import UnsupportedOpError
from lite.exporters.onnx.emission import Emission
from lite.exporters.onnx.writer import ELEM_TYPES
from lite.ir import DType
from lite.ir.quant import limits


def _scaled(e: Emission, op: str, dtype: DType) -> str:
    scale = e.type(1)
    shape = [int(extent) for extent in scale.shape]
    zero_point = e.constant(np.full(shape, e.op.zero_point), dtype)
    return e.emit(op, e.input(0), e.input(1), zero_point, axis=e.op.axis if shape else None)


def _dequantize(e: Emission) -> str:
    dtype = e.type().dtype
    if dtype is DType.S32 and e.op.zero_point:
        raise UnsupportedOpError(f"the zero point of 32-bit integers is {e.op.zero_point}, in ONNX it is 0")
    return _scaled(e, "DequantizeLinear", dtype)


def _lookup(e: Emission) -> str:
    """Entries of a table, gathered."""
    lowest = limits(e.type().dtype)[0]
    places = e.emit("Cast", e.input(0), to=ELEM_TYPES[DType.S32])
    if lowest:
        places = e.emit("Sub", places, e.constant(np.int32(lowest)))
    return e.emit("Gather", e.input(1), places, axis=0)


RULES = {
    "dequantize": _dequantize,
    "lookup": _lookup,
    "quantize": lambda e: _scaled(e, "QuantizeLinear", e.op.dtype),
}
