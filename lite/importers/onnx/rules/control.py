# SPDX-License-Identifier: Apache-2.0
"""If with a condition known at import, Dropout and Identity."""

from __future__ import annotations

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.onnx.call import Call
from lite.ir import Value


def branch(call: Call) -> tuple[Value | None, ...]:
    condition = call.fixed(0, "condition")
    if condition.size != 1:
        raise ModelFormatError(f"the condition has {condition.size} elements, expected 1")
    taken = call.graph("then_branch" if condition.reshape(-1)[0] else "else_branch")
    return call.walk.run_branch(taken, call.scope)


def dropout(call: Call) -> tuple[Value, ...]:
    """Nothing at inference; its mask, if it is read, is all true."""
    training = call.input(2) if call.opset >= 12 else None
    if training is not None and bool(call.fixed(2, "training_mode").reshape(-1)[0]):
        ratio = call.array(1)
        if ratio is None or float(ratio.reshape(-1)[0]) != 0:
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
