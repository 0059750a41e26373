# SPDX-License-Identifier: Apache-2.0
"""Room: importers/tflite/rules - how TFLite ops become ours, a table per family.
In:   a Call.
Out:  the values of its outputs, by ops added to the graph.
May import: importers/tflite/call, importers' shared pieces, ops, ir, errors, numpy.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Union

from lite import ops
from lite.errors import UnsupportedOpError
from lite.importers.tflite.call import Call
from lite.importers.tflite.rules import (
    control,
    detection,
    elementwise,
    images,
    indices,
    linear,
    moves,
    quantization,
    recurrent,
    reductions,
    svdf,
    windows,
)
from lite.ir import Op, Rename, Value

Rule = Callable[[Call], Union[Value, Sequence[Value]]]

FAMILIES = (control, detection, elementwise, images, indices, linear, moves, quantization, recurrent,
            reductions, svdf, windows)
_DATA_SHAPE = ("the shape of its result depends on data",
               "end the model before it, and do this step after it")
_CONTROL = ("control flow: its body runs a number of times known only when running",
            "convert the model without loops and branches on data")
_VARIABLES = ("it keeps a state from run to run", "make the state an input and an output of the model")
_RANDOM = ("its result is random", "make the random numbers an input of the model")
_REFUSALS = {
    **dict.fromkeys(("WHERE", "UNIQUE"), _DATA_SHAPE),
    **dict.fromkeys(("CALL", "CALL_ONCE", "STABLEHLO_WHILE", "STABLEHLO_CASE"), _CONTROL),
    **dict.fromkeys(("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "RNN", "LSTM",
                     "UNIDIRECTIONAL_SEQUENCE_RNN"), _VARIABLES),
    **dict.fromkeys(("RANDOM_STANDARD_NORMAL", "RANDOM_UNIFORM", "MULTINOMIAL"), _RANDOM),
}  # fmt: skip
_FLEX = ("it is an op of TensorFlow itself", "convert the model with builtin ops only (TFLITE_BUILTINS)")
_UNKNOWN = ("there is no op that it could become",
            "express it with other ops, or add it: see CONTRIBUTING.md")


@functools.cache
def table() -> dict[str, Rule]:
    """Rules by TFLite op: those of the families, and the renames that the op files declare."""
    rows: dict[str, Rule] = {
        rename.foreign: functools.partial(_renamed, op_class, rename)
        for op_class, rename in ops.renames("tflite")
    }
    for family in FAMILIES:
        rows.update(family.RULES)
    return rows


def find(op: str) -> Rule:
    """The rule for an op.

    Raises
    ------
    UnsupportedOpError
        If there is none: why, and what to do.
    """
    rule = table().get(op)
    if rule is None:
        why, hint = _FLEX if op.startswith("Flex") else _REFUSALS.get(op, _UNKNOWN)
        raise UnsupportedOpError(why, hint=hint)
    return rule


def names() -> list[str]:
    """Names of the ops that are imported, custom ones among them, sorted."""
    return sorted(table())


def _renamed(op_class: type[Op], rename: Rename, call: Call) -> Value:
    needed = op_class.needed_inputs()
    inputs = [call.need(position) for position in range(max(needed, call.count))]
    attributes = {ours: getattr(call.options, foreign) for ours, foreign in rename.attributes.items()}
    return call.emit(op_class.name, *inputs, **attributes)
