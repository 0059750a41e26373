# SPDX-License-Identifier: Apache-2.0
"""What folds axes into one value."""

from __future__ import annotations

from collections.abc import Callable

from lite.importers._building import axis_of
from lite.importers.tflite.call import Call
from lite.ir import DType, Value


def _axes(call: Call, rank: int) -> tuple[int, ...]:
    """The axes of input 1, each once, however often it is named."""
    return tuple(sorted({axis_of(axis, rank) for axis in call.ints(1, "axes")}))


def _reduced(op: str) -> Callable[[Call], Value]:
    def rule(call: Call) -> Value:
        x = call.need(0)
        return call.emit(op, x, axes=_axes(call, x.type.rank), keepdims=bool(call.options.keep_dims))

    return rule


def _extreme(op: str) -> Callable[[Call], Value]:
    """The greatest or least of integers is that of what they stand for."""

    def rule(call: Call) -> Value:
        x = call.moved(0)
        return call.emit(op, x, axes=_axes(call, x.type.rank), keepdims=bool(call.options.keep_dims))

    return rule


def _of_truths(op: str) -> Callable[[Call], Value]:
    """Any is the greatest, all the least of 0 and 1."""

    def rule(call: Call) -> Value:
        x = call.need(0)
        numbers = call.cast(x, DType.S32)
        keepdims = bool(call.options.keep_dims)
        return call.cast(call.emit(op, numbers, axes=_axes(call, x.type.rank), keepdims=keepdims), DType.BOOL)

    return rule


def _position(op: str) -> Callable[[Call], Value]:
    """Where the greatest or least element is does not depend on what integers stand for."""

    def rule(call: Call) -> Value:
        x = call.stored(0)
        return call.emit(op, x, axis=axis_of(call.single(1, "axis"), x.type.rank))

    return rule


RULES = {
    "ARG_MAX": _position("arg_max"), "ARG_MIN": _position("arg_min"), "MEAN": _reduced("reduce_mean"),
    "REDUCE_ALL": _of_truths("reduce_min"), "REDUCE_ANY": _of_truths("reduce_max"),
    "REDUCE_MAX": _extreme("reduce_max"), "REDUCE_MIN": _extreme("reduce_min"),
    "REDUCE_PROD": _reduced("reduce_prod"), "SUM": _reduced("reduce_sum"),
}  # fmt: skip
