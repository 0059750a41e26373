# SPDX-License-Identifier: Apache-2.0
"""Elementwise ops, activations, reductions and products of matrices."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lite.exporters.onnx.emission import Emission
from lite.exporters.onnx.writer import ELEM_TYPES
from lite.importers.onnx.rules.reductions import REDUCTIONS


def _plain(op: str) -> Callable[[Emission], str]:
    return lambda e: e.emit(op, *e.inputs())


def clamped(e: Emission, x: str | None, lo: float, hi: float) -> str:
    """Clip to bounds in the type of input 0; infinite ones are left out."""
    dtype = e.type().dtype
    if dtype.is_float:
        bounds = [None if np.isinf(bound) else e.like(bound) for bound in (lo, hi)]
        return e.emit("Clip", x, *bounds)
    info = np.iinfo(dtype.numpy)
    whole = [int(min(max(float(bound), info.min), info.max)) for bound in (np.ceil(lo), np.floor(hi))]
    return e.emit("Clip", x, *map(e.like, whole))


def swish(e: Emission, x: str | None, beta: float = 1.0) -> str:
    inner = x if beta == 1 else e.emit("Mul", x, e.like(beta))
    return e.emit("Mul", x, e.emit("Sigmoid", inner))


def _cast(e: Emission) -> str:
    return e.emit("Cast", e.input(0), to=ELEM_TYPES[e.op.to])


def _mod(e: Emission) -> str:
    """ONNX's Mod of floats has the sign of the dividend: then the divisor is added."""
    a, b = e.inputs()
    if e.op.fmod or not e.type().dtype.is_float:
        return e.emit("Mod", a, b, fmod=int(e.op.fmod))
    rest, zero = e.emit("Mod", a, b, fmod=1), e.like(0)
    opposite = e.emit("Xor", e.emit("Less", rest, zero), e.emit("Less", b, zero))
    wrong = e.emit("And", opposite, e.emit("Not", e.emit("Equal", rest, zero)))
    return e.emit("Where", wrong, e.emit("Add", rest, b), rest)


def _reduce(foreign: str) -> Callable[[Emission], str]:
    def rule(e: Emission) -> str:
        x = e.input(0)
        if not e.op.axes:  # each element is its own group
            inner = e.emit("Unsqueeze", x, e.extents([0]))
            return e.emit(foreign, inner, e.extents([0]), keepdims=0)
        return e.emit(foreign, x, e.extents(e.op.axes), keepdims=int(e.op.keepdims))

    return rule


def _arg(foreign: str) -> Callable[[Emission], str]:
    return lambda e: e.emit(foreign, e.input(0), axis=e.op.axis, keepdims=int(e.op.keepdims),
                            select_last_index=int(e.op.select_last))  # fmt: skip


def _along_axis(foreign: str) -> Callable[[Emission], str]:
    return lambda e: e.emit(foreign, e.input(0), axis=e.op.axis)


def _matmul(e: Emission) -> str:
    sides = [e.input(0), e.weights(1)]
    for position, transposed in enumerate((e.op.transpose_a, e.op.transpose_b)):
        rank = e.type(position).rank
        if transposed and rank > 1:
            perm = [*range(rank - 2), rank - 1, rank - 2]
            sides[position] = e.emit("Transpose", sides[position], perm=perm)
    return e.emit("MatMul", *sides)


RULES = {
    **{ours: _reduce(foreign) for foreign, (ours, _) in REDUCTIONS.items()},
    "arg_max": _arg("ArgMax"),
    "arg_min": _arg("ArgMin"),
    "cast": _cast,
    "clip": lambda e: clamped(e, e.input(0), e.op.lo, e.op.hi),
    "cumsum": lambda e: e.emit("CumSum", e.input(0), e.constant(np.int64(e.op.axis)),
                               exclusive=int(e.op.exclusive), reverse=int(e.op.reverse)),
    "log_softmax": _along_axis("LogSoftmax"),
    "matmul": _matmul,
    "max": _plain("Max"),
    "min": _plain("Min"),
    "mod": _mod,
    "not_equal": lambda e: e.emit("Not", e.emit("Equal", *e.inputs())),
    "pow": _plain("Pow"),
    "relu6": lambda e: clamped(e, e.input(0), 0.0, 6.0),
    "rsqrt": lambda e: e.emit("Reciprocal", e.emit("Sqrt", e.input(0))),
    "softmax": _along_axis("Softmax"),
    "square": lambda e: e.emit("Mul", e.input(0), e.input(0)),
    "swish": lambda e: swish(e, e.input(0), e.op.beta),
}  # fmt: skip
