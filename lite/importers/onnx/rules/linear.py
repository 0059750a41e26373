# SPDX-License-Identifier: Apache-2.0
"""Matrix products: Gemm and MatMul. A constant matrix on the right makes a fully_connected."""

from __future__ import annotations

import numpy as np

from lite.errors import ModelFormatError
from lite.importers._einsum import einsum
from lite.importers._stored import is_fixed, is_stored
from lite.importers.onnx.call import Call
from lite.ir import Value


def matmul(call: Call) -> Value:
    a, b = call.need(0), call.need(1)
    if _is_known(call, b) and b.type.rank == 2 and a.type.rank >= 2 and a.type.dtype.is_float:
        return call.emit_single("fully_connected", a, b)
    return call.emit_single("matmul", a, b)


def _is_known(call: Call, weights: Value) -> bool:
    return is_fixed(weights) or call.emitter.contents.array(weights) is not None


def gemm(call: Call) -> Value:
    a, b, c = call.need(0), call.need(1), call.input(2)
    if a.type.rank != 2 or b.type.rank != 2:
        raise ModelFormatError(f"the operands are {a.type} and {b.type}, expected matrices")
    alpha, beta = call.float("alpha", 1.0), call.float("beta", 1.0)
    if is_stored(b) and alpha == 1 and a.type.dtype.is_float:
        return _gemm_of_stored(call, a, b, c, beta)
    weights = call.array(1)
    if weights is None or not a.type.dtype.is_float:
        product = call.emit_single(
            "matmul", a, b, transpose_a=bool(call.int("transA", 0)), transpose_b=bool(call.int("transB", 0))
        )
        product = _scaled(call, product, alpha)
        return product if c is None else call.emit("add", product, _scaled(call, c, beta))
    if call.int("transA", 0):
        a = call.emit("transpose", a, perm=(1, 0))
    if call.int("transB", 0):
        weights = weights.T
    w = (
        b
        if weights is b.array and alpha == 1
        else call.constant(
            np.ascontiguousarray(weights if alpha == 1 else weights * weights.dtype.type(alpha))
        )
    )
    bias = _bias(call, beta, w.type.shape[1])
    product = call.emit_single("fully_connected", a, w, bias)
    return product if c is None or bias is not None else call.emit("add", product, _scaled(call, c, beta))


def _gemm_of_stored(call: Call, a: Value, b: Value, c: Value | None, beta: float) -> Value:
    """The product with weights that are stored as integers."""
    a = call.transpose(a, (1, 0)) if call.int("transA", 0) else a
    w = call.transpose(b, (1, 0)) if call.int("transB", 0) else b
    bias = _bias(call, beta, w.type.shape[1])
    if bias is None and c is not None and is_stored(c) and beta == 1 and c.type.shape == w.type.shape[1:]:
        bias = c
    product = call.emit("fully_connected", a, w, bias)
    return product if c is None or bias is not None else call.emit("add", product, _scaled(call, c, beta))


def _scaled(call: Call, value: Value, factor: float) -> Value:
    return value if factor == 1 else call.emit("mul", value, call.like(factor, value))


def _bias(call: Call, beta: float, columns: object) -> Value | None:
    """The addend as one constant for each column, if it is that."""
    array = call.array(2)
    if array is None or not isinstance(columns, int) or array.size not in (1, columns):
        return None
    if array.ndim and array.shape[-1] != array.size:
        return None
    return call.constant(np.broadcast_to(array.reshape(-1) * array.dtype.type(beta), (columns,)).copy())


RULES = {
    "Einsum": lambda call: einsum(call, call.text("equation")),
    "Gemm": gemm,
    "MatMul": matmul,
}
