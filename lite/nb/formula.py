# SPDX-License-Identifier: Apache-2.0
"""Formulas of extents as postfix programs, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lite.errors import NbCorruptError
from lite.ir.dim import Atom, Dim, Extent, floor_div, maximum, minimum
from lite.nb import schema

_FOLDS = {
    schema.FormulaCode.add: lambda left, right: left + right,
    schema.FormulaCode.multiply: lambda left, right: left * right,
    schema.FormulaCode.floor_divide: floor_div,
    schema.FormulaCode.maximum: maximum,
    schema.FormulaCode.minimum: minimum,
}


def compile_formula(dim: Dim, symbols: Mapping[str, int]) -> schema.FormulaT:
    """The program of a formula; ``symbols`` gives the index of each symbol."""
    return schema.FormulaT(steps=_extent_steps(dim.terms, symbols))


def _extent_steps(terms: Sequence[tuple[tuple[Atom, ...], int]],
                  symbols: Mapping[str, int]) -> list[schema.FormulaStepT]:
    if not terms:
        return [_step(schema.FormulaCode.constant, 0)]
    steps: list[schema.FormulaStepT] = []
    for position, (monomial, factor) in enumerate(terms):
        steps += _term_steps(monomial, factor, symbols)
        steps += [_step(schema.FormulaCode.add)] if position else []
    return steps


def _term_steps(monomial: Sequence[Atom], factor: int,
                symbols: Mapping[str, int]) -> list[schema.FormulaStepT]:
    steps = [] if factor == 1 and monomial else [_step(schema.FormulaCode.constant, factor)]
    for atom in monomial:
        first = not steps
        steps += _atom_steps(atom, symbols)
        steps += [] if first else [_step(schema.FormulaCode.multiply)]
    return steps


def _atom_steps(atom: Atom, symbols: Mapping[str, int]) -> list[schema.FormulaStepT]:
    if atom.kind == "symbol":
        return [_step(schema.FormulaCode.symbol, symbols[atom.name])]
    left, right = (_extent_steps(operand.terms, symbols) for operand in atom.operands)
    return [*left, *right, _step(getattr(schema.FormulaCode, atom.kind))]


def _step(code: int, operand: int = 0) -> schema.FormulaStepT:
    return schema.FormulaStepT(operand=operand, code=code)


def decompile_formula(formula: schema.FormulaT, symbols: Sequence[str]) -> Extent:
    """The extent that a program computes, as a formula over named symbols.

    Raises
    ------
    NbCorruptError
        If the program reads more than it pushed, leaves more than one value, or names no known code.
    """
    stack: list[Extent] = []
    for step in formula.steps:
        if step.code == schema.FormulaCode.constant:
            stack.append(int(step.operand))
        elif step.code == schema.FormulaCode.symbol and 0 <= step.operand < len(symbols):
            stack.append(Dim.symbol(symbols[step.operand]))
        elif step.code in _FOLDS and len(stack) >= 2:
            right = stack.pop()
            stack.append(_FOLDS[step.code](stack.pop(), right))
        else:
            raise NbCorruptError(f"a formula has a step ({step.code}, {step.operand}) that does not fit")
    if len(stack) != 1:
        raise NbCorruptError(f"a formula leaves {len(stack)} values, expected 1")
    return stack[0]
