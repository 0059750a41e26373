# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lite.errors import NbCorruptError
from lite.ir.dim import Dim, evaluate, floor_div, maximum, minimum
from lite.nb import schema
from lite.nb.formula import compile_formula, decompile_formula

NAMES = ("h", "w")
SYMBOLS = {name: position for position, name in enumerate(NAMES)}
FOLDS = {schema.FormulaCode.add: operator.add, schema.FormulaCode.multiply: operator.mul,
         schema.FormulaCode.floor_divide: operator.floordiv, schema.FormulaCode.maximum: max,
         schema.FormulaCode.minimum: min}


def _combined(children):
    pairs = st.tuples(children, children)
    return st.one_of(
        pairs.map(lambda p: p[0] + p[1]), pairs.map(lambda p: p[0] * p[1]),
        pairs.map(lambda p: maximum(*p)), pairs.map(lambda p: minimum(*p)),
        st.tuples(children, st.integers(1, 9)).map(lambda p: floor_div(*p)))


EXTENTS = st.recursive(st.one_of(st.integers(-9, 9), st.sampled_from(NAMES).map(Dim.symbol)), _combined,
                       max_leaves=8)


@given(EXTENTS)
def test_program_gives_the_formula_back(extent):
    if isinstance(extent, Dim):
        program = compile_formula(extent, SYMBOLS)
        assert decompile_formula(program, NAMES) == extent
        assert _run(program, [7, 4]) == evaluate(extent, {"h": 7, "w": 4})


def _run(program, symbols):
    stack = []
    for step in program.steps:
        if step.code == schema.FormulaCode.constant:
            stack.append(step.operand)
        elif step.code == schema.FormulaCode.symbol:
            stack.append(symbols[step.operand])
        else:
            right, left = stack.pop(), stack.pop()
            stack.append(FOLDS[step.code](left, right))
    (result,) = stack
    return result


@pytest.mark.parametrize("codes", [[schema.FormulaCode.add], [0, 0], [], [9], [schema.FormulaCode.symbol]])
def test_programs_that_do_not_fit_are_refused(codes):
    steps = [schema.FormulaStepT(operand=99, code=code) for code in codes]
    with pytest.raises(NbCorruptError):
        decompile_formula(schema.FormulaT(steps=steps), NAMES)
