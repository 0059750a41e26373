# SPDX-License-Identifier: Apache-2.0
"""Matrix products: Gemm and MatMul. A constant matrix on the right makes a fully_connected."""

from __future__ import annotations

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
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


MOST_ROWS = 4  # of a determinant: the number of its products is their factorial


def determinant(call: Call) -> Value:
    """By the elements of the first row, each times the determinant of what is in no row or column of it."""
    x = call.need(0)
    rows = x.type.shape[-1] if x.type.rank >= 2 else None
    if not isinstance(rows, int) or x.type.shape[-2] != rows or not 0 < rows <= MOST_ROWS:
        raise UnsupportedOpError(f"the matrices are {x.type}, expected square ones of 1 to {MOST_ROWS} rows",
                                 hint="fix the extents with input_shapes")  # fmt: skip
    batch = x.type.shape[:-2]
    flat = call.reshape(x, (*batch, rows * rows))
    elements = call.emit_all("split", flat, axis=len(batch), sizes=(1,) * rows**2)
    matrix = [list(elements[row * rows : (row + 1) * rows]) for row in range(rows)]
    return call.reshape(_expanded(call, matrix), batch)


def _expanded(call: Call, matrix: list[list[Value]]) -> Value:
    if len(matrix) == 1:
        return matrix[0][0]
    total: Value | None = None
    for column, element in enumerate(matrix[0]):
        minor = [[*row[:column], *row[column + 1 :]] for row in matrix[1:]]
        term = call.emit("mul", element, _expanded(call, minor))
        total = term if total is None else call.emit("sub" if column % 2 else "add", total, term)
    assert total is not None
    return total


RULES = {
    "Det": determinant,
    "Einsum": lambda call: einsum(call, call.text("equation")),
    "Gemm": gemm,
    "MatMul": matmul,
}
