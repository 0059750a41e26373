# SPDX-License-Identifier: Apache-2.0
"""Paddle's matrix products."""

from __future__ import annotations

from collections.abc import Sequence

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers import _stored
from lite.importers.paddle.call import Call
from lite.ir import Extent, Value
from lite.ir.dim import product


def _mul(call: Call) -> Value:
    """Both operands flattened to matrices; the result has the free axes of both."""
    x, y = call.input("X"), call.input("Y")
    return _flat_product(
        call, x, y, None, call.integer("x_num_col_dims", 1), call.integer("y_num_col_dims", 1)
    )


def _fc(call: Call) -> Value:
    if call.flag("padding_weights", False):
        raise UnsupportedOpError(
            "its weights are padded", hint="give the model as it was before Paddle's passes"
        )
    bias = call.optional("Bias")
    if bias is not None:
        bias = call.reshape(bias, (bias.type.count,))
    y = _flat_product(call, call.input("Input"), call.input("W"), bias, call.integer("in_num_col_dims", 1), 1)
    activation = call.text("activation_type", "")
    if activation not in ("", "relu"):
        raise UnsupportedOpError(f"the activation {activation!r} was fused into it")
    return call.add("relu", y) if activation else y


def _flat_product(call: Call, x: Value, y: Value, bias: Value | None, x_axes: int, y_axes: int) -> Value:
    if not (0 < x_axes < x.type.rank and 0 < y_axes < y.type.rank):
        raise ModelFormatError(
            f"{x_axes} and {y_axes} leading axes of {x.type} and {y.type} make no matrices"
        )
    w = call.reshape(y, _flat(y.type.shape, y_axes))
    if x.type.rank != x_axes + 1:
        x_rows = call.reshape(x, (*x.type.shape[:x_axes], product(x.type.shape[x_axes:])))
    else:
        x_rows = x
    result = call.add("fully_connected", x_rows, w, bias)
    return call.reshape(result, (*x.type.shape[:x_axes], *y.type.shape[y_axes:]))


def _flat(shape: Sequence[Extent], axes: int) -> tuple[Extent, Extent]:
    return product(tuple(shape[:axes])), product(tuple(shape[axes:]))


def _matmul_v2(call: Call) -> Value:
    return _matmul(call, call.flag("trans_x", False), call.flag("trans_y", False))


def _matmul_v1(call: Call) -> Value:
    y = _matmul(call, call.flag("transpose_X", False), call.flag("transpose_Y", False))
    return call.times(y, call.number("alpha", 1.0))


def _matmul(call: Call, transpose_x: bool, transpose_y: bool) -> Value:
    x, y = call.input("X"), call.input("Y")
    if _stored.is_fixed(y) and y.type.rank == 2 and x.type.rank >= 2 and not transpose_x:
        return call.add("fully_connected", x, call.transpose(y, (1, 0)) if transpose_y else y)
    result = call.add(
        "matmul",
        x,
        y,
        transpose_a=transpose_x and x.type.rank > 1,
        transpose_b=transpose_y and y.type.rank > 1,
    )
    if result.type.rank == 0 and call.declared_rank() == 1:
        return call.reshape(result, (1,))
    return result


RULES = {
    "bmm": lambda call: _matmul(call, False, False), "fc": _fc, "matmul": _matmul_v1,
    "matmul_v2": _matmul_v2, "mul": _mul,
}  # fmt: skip
