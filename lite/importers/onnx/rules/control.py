# SPDX-License-Identifier: Apache-2.0
"""If: the branch that is taken, or both and a choice between them; Dropout and Identity."""

from __future__ import annotations

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.onnx.call import Call
from lite.ir import Value


def branch(call: Call) -> tuple[Value | None, ...]:
    """Where the condition is known only when running, both branches run."""
    if call.array(0) is not None:
        taken = call.graph("then_branch" if call.number(0, "condition") else "else_branch")
        return call.walk.run_branch(taken, call.scope)
    condition = call.need(0)
    if condition.type.count != 1:
        raise ModelFormatError(f"the condition is {condition.type}, expected one element")
    condition = call.reshape(condition, ())
    one, other = (
        call.walk.run_branch(call.graph(name), call.scope) for name in ("then_branch", "else_branch")
    )
    if len(one) != len(other):
        raise ModelFormatError(f"its branches have {len(one)} and {len(other)} outputs")
    return tuple(_chosen(call, condition, *pair) for pair in zip(one, other))


def _chosen(call: Call, condition: Value, one: Value | None, other: Value | None) -> Value | None:
    if one is None or other is None:
        return None
    if one.type != other.type:
        raise UnsupportedOpError(
            f"its condition is known only when running, and its branches give {one.type} and {other.type}",
            hint="give the condition's content with freeze_inputs, or make both branches give one shape",
        )
    return call.emit("where", condition, one, other)


def dropout(call: Call) -> tuple[Value, ...]:
    """Nothing at inference; its mask, if it is read, is all true."""
    trains = call.opset >= 12 and call.input(2) is not None and call.number(2, "training_mode")
    if trains and (call.input(1) is None or call.number(1, "ratio") != 0):
        raise UnsupportedOpError(
            "training_mode is true", hint="export the model for inference (model.eval())"
        )
    x = call.need(0)
    if call.outputs < 2 or not call.node.output[1]:
        return (x,)
    mask = call.constant(np.ones((), bool)) if call.opset >= 10 else call.constant(1, x.type.dtype)
    return x, call.emit("expand", mask, shape=x.type.shape)


RULES = {
    "Dropout": dropout,
    "Identity": lambda call: call.need(0),
    "If": branch,
}
