# SPDX-License-Identifier: Apache-2.0
"""Paddle's reductions."""

from __future__ import annotations

import functools
import math

from lite.importers._building import axes_of, axis_of
from lite.importers.paddle.call import Call
from lite.ir import DType, Value


def _reduce(name: str, call: Call) -> Value:
    x = call.input("X")
    dims = call.integers("dim", ())
    if call.flag("reduce_all", False) or not dims:
        axes = tuple(range(x.type.rank))
    else:
        axes = tuple(sorted(axes_of(dims, x.type.rank)))
    if name in ("reduce_sum", "reduce_prod") and x.type.dtype is DType.BOOL:
        x = call.cast(x, DType.S64)
    return _as_declared(call, call.add(name, x, axes=axes, keepdims=call.flag("keep_dim", False)))


def _as_declared(call: Call, value: Value) -> Value:
    """Before Paddle 2.5 there was no 0-D: a full reduction gave [1]."""
    return call.reshape(value, (1,)) if value.type.rank == 0 and call.declared_rank() == 1 else value


def _reduce_bool(name: str, call: Call) -> Value:
    """all and any, as the least and greatest of 0 and 1."""
    x = call.cast(call.input("X"), DType.S32)
    dims = call.integers("dim", ())
    everything = call.flag("reduce_all", False) or not dims
    axes = tuple(range(x.type.rank)) if everything else tuple(sorted(axes_of(dims, x.type.rank)))
    return call.cast(
        _as_declared(call, call.add(name, x, axes=axes, keepdims=call.flag("keep_dim", False))), DType.BOOL
    )


def _mean(call: Call) -> Value:
    x = call.input("X")
    return _as_declared(call, call.add("reduce_mean", x, axes=tuple(range(x.type.rank)), keepdims=False))


def _log_sum_exp(call: Call) -> Value:
    x = call.input("X")
    dims = call.integers("axis", ())
    everything = call.flag("reduce_all", False) or not dims
    axes = tuple(range(x.type.rank)) if everything else tuple(sorted(axes_of(dims, x.type.rank)))
    return _as_declared(
        call, call.add("reduce_log_sum_exp", x, axes=axes, keepdims=call.flag("keepdim", False))
    )


def _p_norm(call: Call) -> Value:
    """(sum of |x|^p along an axis)^(1/p); p may be 0 (count of non-zeros) or infinite."""
    x, order = call.input("X"), call.number("porder", 2.0)
    if call.flag("asvector", False):
        axes = tuple(range(x.type.rank))
    else:
        axes = (axis_of(call.integer("axis", -1), x.type.rank),)
    reduced = functools.partial(call.add, axes=axes, keepdims=call.flag("keepdim", False))
    return _as_declared(call, _norm(call, x, order, reduced))


def _norm(call: Call, x: Value, order: float, reduced: functools.partial[Value]) -> Value:
    size = call.add("abs", x)
    if math.isinf(order):
        return reduced("reduce_max" if order > 0 else "reduce_min", size)
    if order == 0:
        return reduced("reduce_sum", call.cast(call.add("not_equal", x, call.constant(0.0, x)), x.type.dtype))
    if order == 1:
        return reduced("reduce_sum", size)
    if order == 2:
        return call.add("sqrt", reduced("reduce_sum", call.add("mul", x, x)))
    total = reduced("reduce_sum", call.add("pow", size, call.constant(order, x)))
    return call.add("pow", total, call.constant(1 / order, x))


_SAME_NAME = ("reduce_max", "reduce_mean", "reduce_min", "reduce_prod", "reduce_sum")

RULES = {
    **{name: functools.partial(_reduce, name) for name in _SAME_NAME},
    "reduce_amax": functools.partial(_reduce, "reduce_max"),
    "reduce_amin": functools.partial(_reduce, "reduce_min"),
    "reduce_all": functools.partial(_reduce_bool, "reduce_min"),
    "reduce_any": functools.partial(_reduce_bool, "reduce_max"), "logsumexp": _log_sum_exp, "mean": _mean,
    "p_norm": _p_norm,
}  # fmt: skip
