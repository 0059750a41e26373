# SPDX-License-Identifier: Apache-2.0
"""Matrix products."""

from __future__ import annotations

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers import _stored
from lite.importers.tflite.call import Call
from lite.importers.tflite.rules.layers import bias_of, permuted
from lite.importers.tflite.rules.unsigned import within_bytes
from lite.ir import Value
from lite.ir.dim import floor_div


def fully_connected(call: Call) -> Value:
    """x is flattened to rows of as many elements as the weights [out, in] have columns."""
    x, w = call.need(0), call.need(1)
    if call.options.weights_format:
        raise UnsupportedOpError("its weights are shuffled for one processor",
                                 hint="convert the model without optimising it for a device")
    if w.type.rank != 2 or not x.type.rank:
        raise ModelFormatError(f"the input is {x.type} and the weights are {w.type}, expected [out, in]")
    columns = w.type.shape[1]
    if not call.options.keep_num_dims and (x.type.rank != 2 or x.type.shape[1] != columns):
        x = call.reshape(x, (floor_div(x.type.count, columns), columns))
    if _stored.is_fixed(w):
        x, w = within_bytes(call, x, w, 1)
        y = call.emit("fully_connected", x, permuted(call, w, (1, 0)), bias_of(call, 2))
    else:
        y = call.emit("matmul", x, w, transpose_b=True)
        bias = bias_of(call, 2)
        y = y if bias is None else call.emit("add", y, bias)
    return call.activated(y)


def batch_matmul(call: Call) -> Value:
    x, y = call.need(0), call.need(1)
    adjoint = {"transpose_a": bool(call.options.adj_x), "transpose_b": bool(call.options.adj_y)}
    return call.emit("matmul", x, y, **adjoint)


RULES = {"BATCH_MATMUL": batch_matmul, "FULLY_CONNECTED": fully_connected}
