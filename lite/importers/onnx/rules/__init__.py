# SPDX-License-Identifier: Apache-2.0
"""Room: importers/onnx/rules - how ONNX ops become ours, a table per family.
In:   a Call.
Out:  the values of its outputs, by ops added to the graph.
May import: importers/onnx/call, importers' shared pieces, ops, ir, errors, numpy.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Union

from lite import ops
from lite.importers.onnx import functions
from lite.importers.onnx.call import Call
from lite.importers.onnx.rules import (
    constants,
    control,
    elementwise,
    images,
    indices,
    linear,
    loops,
    ngrams,
    normalisation,
    qoperator,
    quantization,
    recurrent,
    reductions,
    resizing,
    sampling,
    selections,
    shapes,
    signals,
    unpooling,
    windows,
)
from lite.importers.onnx.rules.legacy import NUMPY_BROADCASTING, adapted
from lite.importers.onnx.rules.refusals import REFUSALS
from lite.ir import Op, Rename, Value

Answer = Union[Value, tuple[Union[Value, None], ...]]
Rule = Callable[[Call], Answer]

FAMILIES = (
    constants,
    control,
    elementwise,
    images,
    indices,
    linear,
    loops,
    ngrams,
    normalisation,
    qoperator,
    quantization,
    recurrent,
    reductions,
    resizing,
    sampling,
    selections,
    shapes,
    signals,
    unpooling,
    windows,
)


@functools.cache
def table() -> dict[str, Rule]:
    """Rules by ONNX op: those of the families, then the renames that the op files declare."""
    rows: dict[str, Rule] = {
        rename.foreign: functools.partial(_renamed, op_class, rename)
        for op_class, rename in ops.renames("onnx")
    }
    for family in FAMILIES:
        rows.update(family.RULES)
    return rows


CONTRIBUTED = "com.microsoft"  # onnxruntime's domain, of which what its quantizer writes is imported


@functools.cache
def contributed() -> dict[str, Rule]:
    """Rules by op of onnxruntime's domain."""
    return {**quantization.CONTRIBUTED, **qoperator.CONTRIBUTED}


def find(op: str, opset: int, domain: str = "") -> Rule | None:
    """The rule for an op of ONNX, or of onnxruntime's domain."""
    if domain:
        return contributed().get(op) if domain == CONTRIBUTED else None
    rule = table().get(op)
    return adapted(op, opset, rule) if rule is not None and opset < NUMPY_BROADCASTING else rule


def why_not(op: str) -> tuple[str, str]:
    """Why an ONNX op without a rule is not supported, and what to do."""
    return REFUSALS.get(
        op,
        ("there is no op that it could become", "express it with other ops, or add it: see CONTRIBUTING.md"),
    )


def _renamed(op_class: type[Op], rename: Rename, call: Call) -> Value:
    for position in range(op_class.needed_inputs()):
        call.need(position)
    changes = {}
    defaults = {name: value for name, value in op_class().attributes().items() if name in rename.attributes}
    for ours, default in defaults.items():
        foreign = rename.attributes[ours]
        if not call.has(foreign):
            continue
        if isinstance(default, bool):
            changes[ours] = bool(call.int(foreign))
        elif isinstance(default, int):
            changes[ours] = call.int(foreign)
        elif isinstance(default, float):
            changes[ours] = call.float(foreign)
        elif isinstance(default, str):
            changes[ours] = call.text(foreign)
        else:
            changes[ours] = call.many(foreign)
    return call.walk.emitter.add(op_class(**changes), call.inputs, name=call.name)[0]


def names() -> list[str]:
    """ONNX ops that are imported, by a rule or as the body that ONNX gives for them, sorted."""
    own = {f"{CONTRIBUTED}.{name}" for name in contributed() if name not in qoperator.OPTIMISED}
    return sorted({*table(), *functions.names(), *own} - set(REFUSALS))
