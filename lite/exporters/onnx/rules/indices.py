# SPDX-License-Identifier: Apache-2.0
"""Ops that index, order or count."""

from __future__ import annotations

import numpy as np

from lite.exporters.onnx.emission import Emission
from lite.exporters.onnx.writer import ELEM_TYPES
from lite.ir import DType

RANGES = (DType.F32, DType.F64, DType.S16, DType.S32, DType.S64)  # element types that ONNX's Range takes


def _gather(e: Emission) -> str:
    return e.emit("Gather", e.weights(0), e.input(1), axis=e.op.axis)


def _scatter_elements(e: Emission) -> str:
    return e.emit("ScatterElements", *e.inputs(), axis=e.op.axis, reduction=e.op.reduction)


def _wide_indices(e: Emission) -> str | None:
    """Indices as int64, the only integers that some of ONNX's ops take for them."""
    indices = e.input(1)
    return indices if e.type(1).dtype is DType.S64 else e.emit("Cast", indices, to=ELEM_TYPES[DType.S64])


def _one_hot(e: Emission) -> str:
    return e.emit("OneHot", e.input(0), e.extents([e.op.depth]), e.input(1), axis=e.op.axis)


def _top_k(e: Emission) -> list[str]:
    k, largest = e.extents([e.op.k]), int(e.op.largest)
    return e.emit_all("TopK", 2, e.input(0), k, axis=e.op.axis, largest=largest, sorted=1)


def _range(e: Emission) -> str:
    numbers, dtype = (e.op.start, e.op.limit, e.op.delta), e.op.dtype
    if dtype.is_float:
        inner = dtype if dtype in RANGES else DType.F32
        made = e.emit("Range", *(e.constant(number, inner) for number in numbers), dtype=inner)
    else:
        scalars = [e.emit("Squeeze", e.extents([number])) if not isinstance(number, int) else
                   e.constant(np.int64(number)) for number in numbers]  # fmt: skip
        inner = DType.S64
        made = e.emit("Range", *scalars, dtype=inner)
    return made if inner is dtype else e.emit("Cast", made, to=ELEM_TYPES[dtype])


RULES = {
    "gather": _gather,
    "gather_elements": lambda e: e.emit("GatherElements", *e.inputs(), axis=e.op.axis),
    "gather_nd": lambda e: e.emit("GatherND", e.input(0), _wide_indices(e), batch_dims=e.op.batch_dims),
    "one_hot": _one_hot,
    "range": _range,
    "scatter_elements": _scatter_elements,
    "scatter_nd": lambda e: e.emit("ScatterND", e.input(0), _wide_indices(e), e.input(2),
                                   reduction=e.op.reduction),
    "shape": lambda e: e.emit("Shape", e.input(0)),
    "top_k": _top_k,
    "trilu": lambda e: e.emit("Trilu", e.input(0), e.constant(np.int64(e.op.k)), upper=int(e.op.upper)),
}  # fmt: skip
