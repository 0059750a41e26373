# SPDX-License-Identifier: Apache-2.0
"""Tensors that come from attributes or shapes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lite.errors import ModelFormatError
from lite.importers.tensorflow.call import Call
from lite.ir import DType, Value


def const(call: Call) -> Value:
    return call.constant(call.tensor("value"))


def _same(number: int) -> Callable[[Call], Value]:
    """A rule for a tensor of one number in the shape of another."""

    def rule(call: Call) -> Value:
        x = call.need(0)
        return call.emit("expand", call.like(number, x), shape=x.type.shape)

    return rule


def fill(call: Call) -> Value:
    return call.emit("expand", call.need(1), shape=call.extents(0, "dims"))


def shape(call: Call) -> Value:
    return call.cast(call.emit("shape", call.need(0)), call.dtype("out_type", DType.S32))


def size(call: Call) -> Value:
    found = call.emit("reduce_prod", call.emit("shape", call.need(0)), axes=(0,))
    return call.cast(found, call.dtype("out_type", DType.S32))


def rank(call: Call) -> Value:
    return call.constant(call.need(0).type.rank, DType.S32)


def range_(call: Call) -> Value:
    dtype = call.need(0).type.dtype
    names = ("start", "limit", "delta")
    if not dtype.is_float:
        wholes = {what: call.extent(position, what) for position, what in enumerate(names)}
        return call.emit("range", **wholes, dtype=dtype)
    reals = {what: float(call.number(position, what)) for position, what in enumerate(names)}
    if not all(map(np.isfinite, reals.values())):
        raise ModelFormatError(f"the range is {reals}, expected finite numbers")
    return call.emit("range", **reals, dtype=dtype)


RULES = {
    "Const": const, "Fill": fill, "OnesLike": _same(1), "Range": range_, "Rank": rank, "Shape": shape,
    "Size": size, "ZerosLike": _same(0),
}  # fmt: skip
