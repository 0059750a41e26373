# SPDX-License-Identifier: Apache-2.0
"""Operators on quantized tensors, as what they mean: dequantize, the op on reals, quantize."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axes_of, axis_of
from lite.importers._scales import checked_scales
from lite.importers.onnx.call import Call
from lite.importers.onnx.rules import linear, reductions, windows
from lite.importers.onnx.rules.quantization import dequantized, quantized
from lite.ir import DType, Value


def _real(call: Call, at: int, *, axis: int = 1) -> Value:
    """What the inputs from ``at`` on - a tensor, its scale, its zero point - stand for."""
    return dequantized(call, at, at + 1, at + 2, axis=axis)


def _finished(call: Call, y: Value, at: int) -> Value:
    """The result as integers, their scale and zero point being the inputs from ``at`` on."""
    return quantized(call, y, at, at + 1, dtype=call.need(0).type.dtype)


def _bias(call: Call, at: int, scales: tuple[int, int], factor: float = 1.0) -> Value | None:
    """A bias of 32-bit integers, whose scale is the product of the operands' scales."""
    bias = call.input(at)
    if bias is None:
        return None
    if bias.type.dtype is not DType.S32:
        raise ModelFormatError(f"the bias is of {bias.type.dtype.value}, expected s32")
    x, w = (np.asarray(call.fixed(position, "scale"), np.float64) for position in scales)
    product = np.asarray((x.reshape(-1)[:1] * w * factor).astype(np.float32))
    axis = bias.type.rank - 1
    checked = checked_scales(product, bias.type.shape, axis, "the scale of the bias")
    return call.emit("dequantize", bias, call.constant(checked), axis=axis if checked.ndim else 0)


def conv(call: Call) -> Value:
    inner = call.as_op("Conv", _real(call, 0), _real(call, 3, axis=0), _bias(call, 8, (1, 4)))
    return _finished(call, windows.conv(inner), 6)


def matmul(call: Call) -> Value:
    inner = call.as_op("MatMul", _real(call, 0), _real(call, 3, axis=-1))
    return _finished(call, linear.matmul(inner), 6)


def gemm(call: Call) -> Value:
    """Its result is quantized if a scale for it is given."""
    bias = _bias(call, 6, (1, 4), call.float("alpha", 1.0))
    columns = 0 if call.int("transB", 0) else 1
    y = linear.gemm(call.as_op("Gemm", _real(call, 0), _real(call, 3, axis=columns), bias))
    return y if call.input(7) is None else _finished(call, y, 7)


def _binary(op: str) -> Callable[[Call], Value]:
    return lambda call: _finished(call, call.emit(op, _real(call, 0), _real(call, 3)), 6)


def _unary(rule: Callable[[Call, Value], Value]) -> Callable[[Call], Value]:
    return lambda call: _finished(call, rule(call, _real(call, 0)), 3)


def _leaky_relu(call: Call, x: Value) -> Value:
    return call.emit("leaky_relu", x, alpha=call.float("alpha", 0.01))


def _softmax(call: Call, x: Value) -> Value:
    inner = call.as_op("Softmax", x)
    inner.opset = call.int("opset")
    return reductions.RULES["Softmax"](inner)


def _pool(op: str, pool: Callable[[Call], Value]) -> Callable[[Call, Value], Value]:
    def rule(call: Call, x: Value) -> Value:
        if not call.int("channels_last", 0):
            return pool(call.as_op(op, x))
        rank = x.type.rank
        first = call.emit("transpose", x, perm=(0, rank - 1, *range(1, rank - 1)))
        y = pool(call.as_op(op, first))
        return call.emit("transpose", y, perm=(0, *range(2, rank), 1))

    return rule


def _reduce_mean(call: Call, x: Value) -> Value:
    axes = axes_of(call.many("axes", None) or range(x.type.rank), x.type.rank)
    return call.emit("reduce_mean", x, axes=tuple(sorted(axes)), keepdims=bool(call.int("keepdims", 1)))


def concat(call: Call) -> Value:
    """Scale and zero point of the result, then the parts, three inputs each."""
    if len(call.inputs) < 5 or len(call.inputs) % 3 != 2:
        raise ModelFormatError(f"there are {len(call.inputs)} inputs, expected 2 and 3 for each part")
    parts = [_real(call, at) for at in range(2, len(call.inputs), 3)]
    y = call.emit("concat", *parts, axis=axis_of(call.int("axis"), parts[0].type.rank))
    return quantized(call, y, 0, 1, dtype=call.need(2).type.dtype)


def where(call: Call) -> Value:
    y = call.emit("where", call.need(0), _real(call, 1), _real(call, 4))
    return quantized(call, y, 7, 8, dtype=call.need(1).type.dtype)


def _refuse(call: Call) -> Value:
    raise UnsupportedOpError(
        "onnxruntime's own optimiser made it", hint="give the model as it was before that optimiser"
    )


OPTIMISED = ("DynamicQuantizeMatMul", "MatMulIntegerToFloat", "QAttention")
RULES = {
    "QLinearConv": conv,
    "QLinearMatMul": matmul,
}

CONTRIBUTED = {  # of the domain com.microsoft
    **dict.fromkeys(OPTIMISED, _refuse),
    "QGemm": gemm,
    "QLinearAdd": _binary("add"),
    "QLinearAveragePool": _unary(_pool("AveragePool", windows.average_pool)),
    "QLinearConcat": concat,
    "QLinearConv": conv,
    "QLinearGlobalAveragePool": _unary(_pool("GlobalAveragePool", windows.global_pool)),
    "QLinearLeakyRelu": _unary(_leaky_relu),
    "QLinearMul": _binary("mul"),
    "QLinearReduceMean": _unary(_reduce_mean),
    "QLinearSigmoid": _unary(lambda call, x: call.emit("sigmoid", x)),
    "QLinearSoftmax": _unary(_softmax),
    "QLinearWhere": where,
}
