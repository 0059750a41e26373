# SPDX-License-Identifier: Apache-2.0
"""Room: exporters/onnx/rules - how our ops are said in ONNX, a table per family.
In:   an Emission.
Out:  names of the tensors that are its outputs, by nodes added to the writer.
May import: exporters/onnx, importers, ops, ir, errors, onnx, numpy.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Union

from onnx import defs

from lite import ops
from lite.errors import UnsupportedOpError
from lite.exporters.onnx.emission import Emission
from lite.exporters.onnx.rules import arithmetic, indices, layers, moves, normalization, scaling, windows
from lite.exporters.onnx.writer import OPSET
from lite.ir import Op, Rename

Answer = Union[str, list[str]]
Rule = Callable[[Emission], Answer]
FAMILIES = (arithmetic, indices, layers, moves, normalization, scaling, windows)

REASONS = {
    "bit_cast": ("ONNX has no BitCast before opset 26", "cut the model before it"),
    "non_max_suppression": ("ONNX's gives as many rows as boxes stay, ours a table of a fixed size",
                            "cut the model before it"),
}  # fmt: skip


@functools.cache
def table() -> dict[str, Rule]:
    """Rules by op of ours: the renames that op files declare, read backwards, then those of the families."""
    rows: dict[str, Rule] = {}
    for op_class, rename in ops.renames("onnx"):
        if _is_in_opset(rename.foreign):
            rows[op_class.name] = functools.partial(_renamed, rename)
    for family in FAMILIES:
        rows.update(family.RULES)
    return rows


def _is_in_opset(op: str) -> bool:
    return defs.has(op, OPSET, "") and not defs.get_schema(op, OPSET, "").deprecated


def find(op: str) -> Rule:
    """The rule for an op.

    Raises
    ------
    UnsupportedOpError
        If there is none.
    """
    if op not in table():
        default = "it computes on integers" if op.startswith("q_") else "ONNX has no such op"
        why, todo = REASONS.get(op, (default, ""))
        raise UnsupportedOpError(why, hint=todo)
    return table()[op]


def reasons() -> dict[str, str]:
    """Ops that have no rule, and why."""
    return {name: REASONS.get(name, ("the pass from_integers makes float ops of it", ""))[0]
            for name in ops.names() if name not in table()}


def _renamed(rename: Rename, emission: Emission) -> str:
    op: Op = emission.op
    attributes: dict[str, Any] = {foreign: getattr(op, ours) for ours, foreign in rename.attributes.items()}
    for name, value in attributes.items():
        attributes[name] = int(value) if isinstance(value, bool) else value
    return emission.emit(rename.foreign, *emission.inputs(), **attributes)
