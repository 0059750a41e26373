# SPDX-License-Identifier: Apache-2.0
"""Reduce ops (axes as attribute or input), ArgMax and ArgMin, softmax and its kin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lite.importers._building import axes_of, axis_of
from lite.importers.onnx.call import Call
from lite.ir import DType, Value
from lite.ir.dim import product

REDUCTIONS = {  # ONNX op: ours, and the opset since which axes are an input
    "ReduceSum": ("reduce_sum", 13), "ReduceMean": ("reduce_mean", 18), "ReduceMax": ("reduce_max", 18),
    "ReduceMin": ("reduce_min", 18), "ReduceProd": ("reduce_prod", 18), "ReduceL1": ("reduce_l1", 18),
    "ReduceL2": ("reduce_l2", 18), "ReduceLogSum": ("reduce_log_sum", 18),
    "ReduceLogSumExp": ("reduce_log_sum_exp", 18), "ReduceSumSquare": ("reduce_sum_square", 18),
}  # fmt: skip
# Reduced to one element where no axis is reduced, these still change it.
_OF_ELEMENTS = {
    "reduce_l1": "abs",
    "reduce_l2": "abs",
    "reduce_log_sum": "log",
    "reduce_sum_square": "square",
}


def reduce(call: Call) -> Value:
    op, since = REDUCTIONS[call.op]
    x = call.need(0)
    if call.opset < since:
        axes = call.many("axes", None)
    else:
        axes = None if call.input(1) is None else call.ints(1, "axes")
    if not axes:
        if call.opset >= since and call.int("noop_with_empty_axes", 0):
            return call.emit(_OF_ELEMENTS[op], x) if op in _OF_ELEMENTS else x
        axes = range(x.type.rank)
    found = tuple(sorted(axes_of(axes, x.type.rank)))
    keepdims = bool(call.int("keepdims", 1))
    if x.type.dtype is DType.BOOL:
        wide = call.emit(op, call.emit("cast", x, to=DType.U8), axes=found, keepdims=keepdims)
        return call.emit("cast", wide, to=DType.BOOL)
    return call.emit(op, x, axes=found, keepdims=keepdims)


def _arg(op: str) -> Callable[[Call], Value]:
    def rule(call: Call) -> Value:
        x = call.need(0)
        return call.emit(
            op,
            x,
            axis=axis_of(call.int("axis", 0), x.type.rank),
            keepdims=bool(call.int("keepdims", 1)),
            select_last=bool(call.int("select_last_index", 0)),
        )

    return rule


def _along_axis(function: Callable[[Call, Value, int], Value]) -> Callable[[Call], Value]:
    """A rule for ops that before opset 13 saw a matrix: all axes from ``axis`` on are one."""

    def rule(call: Call) -> Value:
        x = call.need(0)
        rank = x.type.rank
        axis = axis_of(
            call.int("axis", -1 if call.opset >= 13 else 1),
            max(rank, 1),
            last=rank - 1 if call.opset >= 13 else rank,
        )
        if call.opset >= 13 or axis == rank - 1:
            return function(call, x, axis)
        rows = (product(x.type.shape[:axis]), product(x.type.shape[axis:]))
        return call.reshape(function(call, call.reshape(x, rows), 1), x.type.shape)

    return rule


def _hardmax(call: Call, x: Value, axis: int) -> Value:
    best = call.emit("arg_max", x, axis=axis)
    values = call.constant(np.array([0, 1]), x.type.dtype)
    return call.emit("one_hot", best, values, depth=x.type.shape[axis], axis=axis)


RULES = {
    **dict.fromkeys(REDUCTIONS, reduce),
    "ArgMax": _arg("arg_max"),
    "ArgMin": _arg("arg_min"),
    "Softmax": _along_axis(lambda call, x, axis: call.emit("softmax", x, axis=axis)),
    "LogSoftmax": _along_axis(lambda call, x, axis: call.emit("log_softmax", x, axis=axis)),
    "Hardmax": _along_axis(_hardmax),
}
