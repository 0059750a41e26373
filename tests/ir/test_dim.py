# SPDX-License-Identifier: Apache-2.0
"""Arithmetic on extents means the same whether it is done on formulas or on numbers."""

from __future__ import annotations

import operator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lite.errors import ShapeError
from lite.ir import Dim
from lite.ir.dim import (
    ceil_div,
    evaluate,
    floor_div,
    is_nonnegative,
    is_static,
    maximum,
    minimum,
    product,
    substitute,
)

n, m = Dim.symbol("n"), Dim.symbol("m")
FUNCTIONS = (operator.add, operator.sub, operator.mul, floor_div, ceil_div, maximum, minimum)
LEAVES = st.one_of(st.integers(-5, 9), st.sampled_from([n, m]))
FORMULAS = st.recursive(
    LEAVES, lambda parts: st.tuples(st.sampled_from(FUNCTIONS), parts, parts), max_leaves=7)


def made(formula, symbols):
    """The value of a nested formula, its symbols replaced first."""
    if isinstance(formula, tuple):
        function, left, right = formula
        return function(made(left, symbols), made(right, symbols))
    return symbols.get(str(formula), formula) if isinstance(formula, Dim) else formula


@given(FORMULAS, st.integers(1, 40), st.integers(1, 40))
def test_formulas_evaluate_to_what_numbers_give(formula, n_value, m_value) -> None:
    values = {"n": n_value, "m": m_value}
    try:
        symbolic, expected = made(formula, {}), made(formula, values)
        found = evaluate(symbolic, values)
    except ShapeError as error:
        assume("zero" not in str(error))
        raise
    assert found == expected
    assert substitute(symbolic, values) == expected
    assert not is_nonnegative(symbolic) or expected >= 0


@given(FORMULAS, FORMULAS)
def test_the_same_formula_is_equal_to_itself(left, right) -> None:
    try:
        a, b = made(left, {}), made(right, {})
        assert a + b == b + a and a * b == b * a and a - a == 0 and hash(a + b) == hash(b + a)
    except ShapeError as error:
        assert "zero" in str(error)


@pytest.mark.parametrize(("formula", "expected"), [
    (n * 2 - n, n), (n - n, 0), ((n * 6 + 4) // 2, n * 3 + 2), ((n * m) // n, m), (n // n, 1), (0 // n, 0),
    (n % 1, 0), (ceil_div(n * 4, 4), n), (maximum(n, n), n), (product((2, n, 3)), n * 6),
    (substitute(n * m + 1, {"n": m}), m * m + 1),
], ids=str)  # fmt: skip
def test_what_simplifies(formula, expected) -> None:
    assert formula == expected


def test_what_only_running_knows_is_not_guessed() -> None:
    for question in (lambda: n < 3, lambda: n >= m, lambda: bool(n), lambda: int(n), lambda: range(n)):
        with pytest.raises(ShapeError):
            question()
    assert n != 3 and n != m and not is_static((1, n)) and is_static((1, 2))


def test_errors() -> None:
    with pytest.raises(ShapeError, match="by zero"):
        floor_div(n, 0)
    with pytest.raises(ShapeError, match="by zero"):
        evaluate(floor_div(m, n - 1), {"n": 1, "m": 4})
    with pytest.raises(ShapeError, match="'n' has no value; known are"):
        evaluate(n + 1, {"m": 2})


def test_text() -> None:
    assert str(n * 2 - m * n + floor_div(m + 1, 2) - 3) == "-1*m*n+floordiv(m+1, 2)+2*n-3"
    assert (n.symbol_name, (n + 1).symbol_name, (n * n).symbol_name) == ("n", None, None)
