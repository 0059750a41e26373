# SPDX-License-Identifier: Apache-2.0
"""Reductions along axes that are an input."""

from __future__ import annotations

from collections.abc import Callable

from lite.importers._building import axes_of
from lite.importers.tensorflow.call import Call
from lite.ir import DType, Value

Rule = Callable[[Call], Value]


def _reduced(call: Call, op: str, x: Value) -> Value:
    axes = tuple(sorted(axes_of(call.ints(1, "axes"), x.type.rank)))
    return call.emit(op, x, axes=axes, keepdims=call.flag("keep_dims")) if axes else x


def _reduction(op: str) -> Rule:
    return lambda call: _reduced(call, op, call.need(0))


def _of_truths(op: str) -> Rule:
    """all and any, as the least and greatest of 0 and 1."""
    return lambda call: call.cast(_reduced(call, op, call.cast(call.need(0), DType.S32)), DType.BOOL)


RULES = {
    "All": _of_truths("reduce_min"),
    "Any": _of_truths("reduce_max"),
    "EuclideanNorm": _reduction("reduce_l2"),
    "Max": _reduction("reduce_max"),
    "Mean": _reduction("reduce_mean"),
    "Min": _reduction("reduce_min"),
    "Prod": _reduction("reduce_prod"),
    "Sum": _reduction("reduce_sum"),
}
