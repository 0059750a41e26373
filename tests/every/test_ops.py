# SPDX-License-Identifier: Apache-2.0
"""What every op owes: samples, shapes that agree with its meaning, symbols, a lowering or a kernel."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, TensorType
from lite.ir.dim import Dim, evaluate
from lite.ir.interpret import interpret, lowered

SOURCES = Path(__file__).parents[2] / "csrc" / "ops"
KINDS = (bool, int, float, str, DType, Dim)


def test_has_samples(cases):
    assert cases


def test_has_a_kernel_or_lowers(kind):
    assert kind.lowers() or (SOURCES / f"{kind.name}.cc").exists()


def test_attributes_are_of_the_kinds_a_file_can_hold(cases):
    for case in cases:
        for name, value in case.op.attributes().items():
            items = value if isinstance(value, tuple) else (value,)
            assert all(item is None or isinstance(item, KINDS) for item in items), name


def test_infers_what_the_reference_makes(cases):
    for case in cases:
        inferred = case.op.infer_all(case.types)
        assert inferred == tuple(TensorType.of(array) for array in case.expected), str(case)


def test_infers_symbols_as_it_infers_numbers(cases):
    """Each extent in turn becomes a symbol wherever it occurs; the formulas must give the numbers back."""
    decided = undecided = 0
    for case in cases:
        extents = sorted({extent for type in case.types if type for extent in type.shape if extent > 1})
        for extent in extents:
            types = tuple(type and _with_symbol(type, extent) for type in case.types)
            try:
                inferred = case.op.infer_all(types)
            except ShapeError as error:
                assert "known only when running" in str(error) or _names_attribute(case), f"{case}: {error}"
                undecided += 1
                continue
            decided += 1
            shapes = tuple(tuple(evaluate(e, {"n": extent}) for e in type.shape) for type in inferred)
            assert shapes == tuple(array.shape for array in case.expected), f"{case} with n = {extent}"
    assert decided or not undecided


def _with_symbol(type, extent):
    return type.with_shape(tuple(Dim.symbol("n") if e == extent else e for e in type.shape))


def _names_attribute(case):
    """Attributes that hold extents cannot agree with a symbol that they do not mention."""
    return any(isinstance(value, tuple) for value in case.op.attributes().values())


def test_lowering_means_the_same(kind, cases):
    if not kind.lowers():
        return
    problems = []
    for case in cases:
        graph = lowered(case.op, case.types)
        feeds = {f"input{position}": array for position, array in enumerate(case.inputs) if array is not None}
        with np.errstate(all="ignore"):
            problems += case.problems(tuple(interpret(graph, feeds).values()))
    assert not problems, "\n".join(problems)
