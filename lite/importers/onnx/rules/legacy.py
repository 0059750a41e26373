# SPDX-License-Identifier: Apache-2.0
"""Opsets 1 to 6: broadcasting that has to be asked for, and the few ops that were written otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axis_of
from lite.importers.onnx.call import Call
from lite.ir import Value

NUMPY_BROADCASTING = 7  # the opset since which it is the rule
_BINARY = frozenset({"Add", "And", "Div", "Equal", "Greater", "Less", "Mul", "Or", "PRelu", "Pow", "Sub",
                     "Xor"})  # fmt: skip
_REWRITTEN = {"Cast": 6, "GlobalLpPool": 2, "LpPool": 2, "Pad": 2, "Reshape": 5, "Split": 2, "Tile": 6}

Rule = Callable[[Call], Any]


def adapted(op: str, opset: int, rule: Rule) -> Rule:
    """The rule of an op as it reads calls of an opset before 7."""
    if opset < _REWRITTEN.get(op, 0):
        return _refuse
    return (lambda call: rule(_aligned(call))) if op in _BINARY else rule


def _refuse(call: Call) -> Value:
    raise UnsupportedOpError(
        f"its form before opset {_REWRITTEN[call.op]} is not supported",
        hint="onnx.version_converter.convert_version(model, 13) lifts old models",
    )


def _aligned(call: Call) -> Call:
    """The call with its last operand in a shape that numpy's broadcasting understands."""
    a, b = call.need(0), call.need(1)
    per_channel = call.op == "PRelu" and b.type.rank == 1 and b.type.shape != (1,)
    if not per_channel and not call.int("broadcast", 0):
        if a.type.shape != b.type.shape and call.op != "PRelu":
            raise ModelFormatError(
                f"the operands are {a.type} and {b.type}, expected equal shapes (attribute 'broadcast' is 0)"
            )
        return call
    rank = a.type.rank
    axis = 1 if per_channel else axis_of(call.int("axis", rank - b.type.rank), rank, last=rank)
    behind = rank - axis - b.type.rank
    call.inputs[1] = call.reshape(b, b.type.shape + (1,) * max(behind, 0))
    return call
