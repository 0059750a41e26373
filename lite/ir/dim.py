# SPDX-License-Identifier: Apache-2.0
"""Symbolic extents: a ``Dim`` is a formula over the extents of a graph's inputs.

An extent is an ``int`` or a ``Dim``; arithmetic (+, -, *, //, and the functions ``ceil_div``,
``maximum``, ``minimum``) gives an ``int`` wherever it can. A ``Dim`` is kept as an integer polynomial
over atoms; an atom is a symbol or a division, maximum or minimum that does not simplify. Two formulas
are equal when their polynomials are.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Union

from lite.errors import ShapeError

Extent = Union[int, "Dim"]

FUNCTIONS = {"floor_divide": "floordiv", "maximum": "max", "minimum": "min"}  # kind of an atom: its word


@dataclass(frozen=True, order=True)
class Atom:
    """What a polynomial is over: ``kind`` is symbol, floor_divide, maximum or minimum."""

    kind: str
    name: str = ""
    operands: tuple[Dim, ...] = ()

    def __str__(self) -> str:
        if self.kind == "symbol":
            return self.name
        return f"{FUNCTIONS[self.kind]}({', '.join(map(str, self.operands))})"


Monomial = tuple[Atom, ...]  # sorted; () is the constant term


@dataclass(frozen=True, eq=True)
class Dim:
    """A formula; make one with ``symbol`` and arithmetic, never directly."""

    terms: tuple[tuple[Monomial, int], ...]

    @staticmethod
    def symbol(name: str) -> Dim:
        return Dim((((Atom("symbol", name),), 1),))

    def __lt__(self, other: object) -> bool:
        raise ShapeError(f"cannot decide {self} < {other}: the extent is known only when running")

    __le__ = __gt__ = __ge__ = __lt__

    def __bool__(self) -> bool:
        raise ShapeError(f"cannot decide whether {self} is 0: the extent is known only when running")

    def __int__(self) -> int:
        raise ShapeError(f"{self} is known only when running; a fixed extent is needed here")

    __index__ = __int__

    def __add__(self, other: Extent) -> Extent:
        if not isinstance(other, (int, Dim)):
            return NotImplemented
        total = dict(self.terms)
        for monomial, factor in _terms(other):
            total[monomial] = total.get(monomial, 0) + factor
        return _simplest(total)

    __radd__ = __add__

    def __neg__(self) -> Extent:
        return self * -1

    def __sub__(self, other: Extent) -> Extent:
        return self + (other * -1)

    def __rsub__(self, other: int) -> Extent:
        return -self + other

    def __mul__(self, other: Extent) -> Extent:
        if not isinstance(other, (int, Dim)):
            return NotImplemented
        product: dict[Monomial, int] = {}
        for left, left_factor in self.terms:
            for right, right_factor in _terms(other):
                monomial = tuple(sorted(left + right, key=str))
                product[monomial] = product.get(monomial, 0) + left_factor * right_factor
        return _simplest(product)

    __rmul__ = __mul__

    def __floordiv__(self, other: Extent) -> Extent:
        return floor_div(self, other)

    def __rfloordiv__(self, other: int) -> Extent:
        return floor_div(other, self)

    def __mod__(self, other: Extent) -> Extent:
        return self - floor_div(self, other) * other

    def __str__(self) -> str:
        parts = []
        for monomial, factor in self.terms:
            names = "*".join(map(str, monomial))
            parts.append(names if factor == 1 and names else f"{factor}*{names}" if names else str(factor))
        signed = [part if part.startswith("-") else f"+{part}" for part in parts]
        return "".join(signed).removeprefix("+") or "0"

    __repr__ = __str__

    @property
    def symbol_name(self) -> str | None:
        """The symbol's name if the formula is nothing but a symbol."""
        if len(self.terms) != 1 or self.terms[0][1] != 1 or len(self.terms[0][0]) != 1:
            return None
        atom = self.terms[0][0][0]
        return atom.name if atom.kind == "symbol" else None

    def symbols(self) -> frozenset[str]:
        """Names of the symbols that the formula reads."""
        found: set[str] = set()
        for monomial, _ in self.terms:
            for atom in monomial:
                found |= {atom.name} if atom.kind == "symbol" else set()
                for operand in atom.operands:
                    found |= operand.symbols()
        return frozenset(found)


def _terms(extent: Extent) -> tuple[tuple[Monomial, int], ...]:
    if isinstance(extent, Dim):
        return extent.terms
    return (((), int(extent)),) if extent else ()


def _simplest(terms: Mapping[Monomial, int]) -> Extent:
    kept = {monomial: factor for monomial, factor in terms.items() if factor}
    if not kept:
        return 0
    if set(kept) == {()}:
        return kept[()]
    ordered = sorted(kept.items(), key=lambda term: (-len(term[0]), str(term[0])))
    return Dim(tuple(ordered))


def _as_dim(extent: Extent) -> Dim:
    return extent if isinstance(extent, Dim) else Dim(_terms(extent))


def _atom(kind: str, *operands: Extent) -> Dim:
    return Dim((((Atom(kind, operands=tuple(_as_dim(operand) for operand in operands)),), 1),))


def floor_div(left: Extent, right: Extent) -> Extent:
    """Greatest integer <= left / right."""
    if isinstance(right, int):
        if right == 0:
            raise ShapeError(f"division of extent {left} by zero")
        if isinstance(left, int):
            return left // right
        whole = {monomial: factor // right for monomial, factor in left.terms if factor % right == 0}
        rest = {monomial: factor for monomial, factor in left.terms if factor % right}
        if set(rest) <= {()}:  # floor((right * a + c) / right) = a + floor(c / right)
            whole[()] = whole.get((), 0) + rest.get((), 0) // right
            return _simplest(whole)
        return _simplest(whole) + _atom("floor_divide", _simplest(rest), right)
    if left == right:
        return 1
    if left == 0:
        return 0
    quotient = _exact_quotient(left, right)
    return quotient if quotient is not None else _atom("floor_divide", left, right)


def _exact_quotient(left: Extent, right: Dim) -> Extent | None:
    """left / right if right is one monomial that divides every term of left."""
    if len(right.terms) != 1 or not isinstance(left, Dim):
        return None
    (divisor, scale), quotient = right.terms[0], {}
    for monomial, factor in left.terms:
        remaining = list(monomial)
        for atom in divisor:
            if atom not in remaining:
                return None
            remaining.remove(atom)
        if factor % scale:
            return None
        quotient[tuple(remaining)] = factor // scale
    return _simplest(quotient)


def ceil_div(left: Extent, right: Extent) -> Extent:
    """Least integer >= left / right."""
    return -floor_div(-left, right)


def maximum(left: Extent, right: Extent) -> Extent:
    """The greater of two extents."""
    if left == right:
        return left
    if isinstance(left, int) and isinstance(right, int):
        return max(left, right)
    if is_nonnegative(left - right):
        return left
    if is_nonnegative(right - left):
        return right
    return _atom("maximum", *sorted((left, right), key=str))


def minimum(left: Extent, right: Extent) -> Extent:
    """The smaller of two extents."""
    if left == right:
        return left
    if isinstance(left, int) and isinstance(right, int):
        return min(left, right)
    if is_nonnegative(left - right):
        return right
    if is_nonnegative(right - left):
        return left
    return _atom("minimum", *sorted((left, right), key=str))


_RELAXATIONS = 16
_LONGEST_MONOMIAL = 6
Bound = dict[Monomial, Fraction]


def is_nonnegative(extent: Extent) -> bool:
    """True if an extent is proven >= 0 for all symbols >= 1; False if not proven."""
    if isinstance(extent, int):
        return extent >= 0
    if max(len(monomial) for monomial, _ in extent.terms) > _LONGEST_MONOMIAL:
        return False
    bound = {monomial: Fraction(factor) for monomial, factor in extent.terms}
    return any(_is_proven(bound, side) for side in (0, 1))


def _is_proven(bound: Bound, side: int) -> bool:
    """Whether a bound is >= 0 once each maximum (minimum) gave way to one of its operands."""
    for _ in range(_RELAXATIONS):
        atom = next((atom for monomial in bound for atom in monomial if atom.kind != "symbol"), None)
        if atom is None:
            return all(factor >= 0 for factor in _counted_from_one(bound).values())
        relaxed = _relaxed(bound, atom, side)
        if relaxed is None or max(map(len, relaxed), default=0) > _LONGEST_MONOMIAL:
            return False
        bound = relaxed
    return False


def _relaxed(bound: Bound, atom: Atom, side: int) -> Bound | None:
    """A lower bound without one of the atoms; None if none is known.

    floor(x / d) lies between (x - d + 1) / d and x / d; a maximum is at least, a minimum at most, each of its
    operands. What the atom is multiplied with is a product of extents, so >= 0.
    """
    rest: Bound = {}
    for monomial, factor in bound.items():
        if atom not in monomial:
            rest[monomial] = rest.get(monomial, Fraction(0)) + factor
            continue
        others = list(monomial)
        others.remove(atom)
        if any(other.kind != "symbol" for other in others):
            return None
        stand_in = _stand_in(atom, side, rising=factor > 0)
        if stand_in is None:
            return None
        for part, part_factor in stand_in.items():
            key = tuple(sorted([*others, *part], key=str))
            rest[key] = rest.get(key, Fraction(0)) + factor * part_factor
    return rest


def _stand_in(atom: Atom, side: int, *, rising: bool) -> Bound | None:
    """A lower bound (upper, if not rising) of an atom; ``side``: which operand of a maximum or minimum."""
    left, right = atom.operands
    if atom.kind == "floor_divide":
        divisor = right.terms[0][1] if len(right.terms) == 1 and right.terms[0][0] == () else 0
        if divisor <= 0:
            return None
        quotient = {monomial: Fraction(factor, divisor) for monomial, factor in left.terms}
        if rising:
            quotient[()] = quotient.get((), Fraction(0)) - Fraction(divisor - 1, divisor)
        return quotient
    if (atom.kind == "maximum") is rising:
        return {monomial: Fraction(factor) for monomial, factor in atom.operands[side].terms}
    return None


def _counted_from_one(bound: Bound) -> Bound:
    """The polynomial in s - 1 for every symbol s, so in terms that are >= 0."""
    result: Bound = {}
    for monomial, factor in bound.items():
        for kept in itertools.product((True, False), repeat=len(monomial)):
            part = tuple(atom for atom, keep in zip(monomial, kept) if keep)
            result[part] = result.get(part, Fraction(0)) + factor
    return result


def is_static(extents: object) -> bool:
    """True if an extent, or every extent of a shape, is a plain number."""
    return isinstance(extents, int) or all(isinstance(extent, int) for extent in extents)  # type: ignore


def weight(extent: Extent) -> int:
    """How long a formula is: its atoms, those within atoms included; 0 for a number."""
    if isinstance(extent, int):
        return 0
    return sum(1 + sum(map(weight, atom.operands)) for monomial, _ in extent.terms for atom in monomial)


def product(extents: tuple[Extent, ...]) -> Extent:
    """Product of extents; 1 for none."""
    result: Extent = 1
    for extent in extents:
        result = result * extent
    return result


def evaluate(extent: Extent, symbols: Mapping[str, int]) -> int:
    """Value of a formula for given symbols.

    Raises
    ------
    ShapeError
        If a symbol has no value, or a division by zero occurs.
    """
    if isinstance(extent, int):
        return extent
    total = 0
    for monomial, factor in extent.terms:
        for atom in monomial:
            factor *= _evaluate_atom(atom, symbols)
        total += factor
    return total


def _evaluate_atom(atom: Atom, symbols: Mapping[str, int]) -> int:
    if atom.kind == "symbol":
        if atom.name not in symbols:
            raise ShapeError(f"extent {atom.name!r} has no value; known are {sorted(symbols)}")
        return symbols[atom.name]
    left, right = (evaluate(_simplest(dict(operand.terms)), symbols) for operand in atom.operands)
    if atom.kind == "floor_divide":
        if right == 0:
            raise ShapeError(f"division by zero in {atom}")
        return left // right
    return max(left, right) if atom.kind == "maximum" else min(left, right)


def substitute(extent: Extent, values: Mapping[str, Extent]) -> Extent:
    """The formula with symbols replaced by extents; symbols not named stay."""
    if isinstance(extent, int):
        return extent
    total: Extent = 0
    for monomial, factor in extent.terms:
        term: Extent = factor
        for atom in monomial:
            term = term * _substitute_atom(atom, values)
        total = total + term
    return total


def _substitute_atom(atom: Atom, values: Mapping[str, Extent]) -> Extent:
    if atom.kind == "symbol":
        return values.get(atom.name, Dim.symbol(atom.name))
    left, right = (substitute(_simplest(dict(operand.terms)), values) for operand in atom.operands)
    return {"floor_divide": floor_div, "maximum": maximum, "minimum": minimum}[atom.kind](left, right)
