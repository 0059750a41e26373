# SPDX-License-Identifier: Apache-2.0
"""Products of matrices, and what follows them at the end of a network."""

from __future__ import annotations

from collections.abc import Callable

from lite.importers._building import axis_of
from lite.importers._einsum import einsum
from lite.importers.tensorflow.call import Call
from lite.ir import Value


def matmul(call: Call) -> Value:
    return _product(call, call.flag("transpose_a"), call.flag("transpose_b"))


def batch_matmul(call: Call) -> Value:
    return _product(call, call.flag("adj_x"), call.flag("adj_y"))


def _product(call: Call, transpose_a: bool, transpose_b: bool) -> Value:
    a, b = call.need(0), call.need(1)
    return call.emit_single("matmul", a, b, transpose_a=transpose_a, transpose_b=transpose_b)


def _along_last(op: str) -> Callable[[Call], Value]:
    def rule(call: Call) -> Value:
        x = call.need(0)
        return call.emit(op, x, axis=axis_of(-1, x.type.rank))

    return rule


RULES = {
    "BatchMatMul": batch_matmul, "BatchMatMulV2": batch_matmul, "BatchMatMulV3": batch_matmul,
    "Einsum": lambda call: einsum(call, call.text("equation")), "LogSoftmax": _along_last("log_softmax"),
    "MatMul": matmul, "Softmax": _along_last("softmax"),
}  # fmt: skip
