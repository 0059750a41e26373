# SPDX-License-Identifier: Apache-2.0
"""Ops that pass on what they get, and branches on constants."""

from __future__ import annotations

from collections.abc import Sequence

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.tensorflow.call import Call
from lite.importers.tensorflow.scope import DEAD, Item
from lite.ir import Value


def same(call: Call) -> Value:
    return call.need(0)


def all_same(call: Call) -> Sequence[Value]:
    return [call.need(position) for position in range(len(call.inputs))]


def switch(call: Call) -> Sequence[Item]:
    """What it gets on the side that a constant takes, nothing on the other."""
    x, condition = call.need(0), call.array(1)
    if condition is None:
        raise UnsupportedOpError(
            "control flow: which branch is taken is known only when running",
            hint="freeze the input that decides: freeze_inputs={name: array}",
        )
    if condition.size != 1:
        raise ModelFormatError(f"the condition has {condition.size} elements, expected 1")
    return (DEAD, x) if condition.reshape(-1)[0] else (x, DEAD)


_SAME = (
    "CheckNumerics",
    "EnsureShape",
    "Identity",
    "PlaceholderWithDefault",
    "PreventGradient",
    "Snapshot",
    "StopGradient",
)

RULES = {**dict.fromkeys(_SAME, same), "IdentityN": all_same, "RefSwitch": switch, "Switch": switch}
