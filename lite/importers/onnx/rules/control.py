# SPDX-License-Identifier: Apache-2.0
"""If with a condition known at import, Dropout and Identity."""

from __future__ import annotations

import numpy as np

from lite.errors import UnsupportedOpError
from lite.importers.onnx.call import Call
from lite.ir import Value


def branch(call: Call) -> tuple[Value | None, ...]:
    taken = call.graph("then_branch" if call.number(0, "condition") else "else_branch")
    return call.walk.run_branch(taken, call.scope)


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
