# SPDX-License-Identifier: Apache-2.0
"""Einsum, by diagonals, sums, transposes and matrix products, operand by operand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._call import BaseCall
from lite.ir import Extent, Value
from lite.ir.dim import product

_DOTS = "0123456789"  # labels of the axes that an ellipsis stands for, counted from the right


@dataclass
class Term:
    """A tensor and the label of each of its axes."""

    value: Value
    labels: str

    def extent(self, label: str) -> Extent:
        return self.value.type.shape[self.labels.index(label)]


def einsum(call: BaseCall, equation: str) -> Value:
    """Sums of products of the call's inputs, as an equation such as ``bij,bjk->bik`` says.

    Raises
    ------
    ModelFormatError, UnsupportedOpError
    """
    inputs = [call.need(position) for position in range(len(call.inputs))]
    terms, wanted = _parsed(equation, inputs)
    terms = [_without_repeats(call, term) for term in terms]
    result = terms[0]
    for position, term in enumerate(terms[1:], 1):
        later = set(wanted).union(*(other.labels for other in terms[position + 1 :]))
        result = _joined(call, result, term, later)
    result = _summed(call, result, set(wanted))
    if set(result.labels) != set(wanted):
        raise ModelFormatError(f"equation {equation!r}: an output label is in no operand")
    return _ordered(call, result, wanted)


def _parsed(equation: str, inputs: Sequence[Value]) -> tuple[list[Term], str]:
    """Terms and the labels of the result, an ellipsis spelled out."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    words = left.split(",")
    if len(words) != len(inputs) or not all(
        word.replace("...", "").isalpha() or word in ("", "...") for word in words
    ):
        raise ModelFormatError(f"equation {equation!r} does not fit {len(inputs)} operands")
    terms, most = [], 0
    for word, value in zip(words, inputs):
        dots = value.type.rank - len(word.replace("...", ""))
        if dots < 0 or (dots and "..." not in word) or dots > len(_DOTS):
            raise ModelFormatError(f"equation {equation!r}: {word!r} does not fit {value.type}")
        most = max(most, dots)
        terms.append(Term(value, word.replace("...", _DOTS[:dots][::-1])))
    if not arrow:
        letters = "".join(words).replace("...", "")
        right = "..." + "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    wanted = right.replace("...", _DOTS[:most][::-1])
    if len(set(wanted)) != len(wanted):
        raise ModelFormatError(f"equation {equation!r}: an output label is given twice")
    return terms, wanted


def _without_repeats(call: BaseCall, term: Term) -> Term:
    """The diagonal where a label is given twice."""
    repeated = next((label for label in term.labels if term.labels.count(label) > 1), None)
    if repeated is None:
        return term
    first = term.labels.index(repeated)
    second = term.labels.index(repeated, first + 1)
    extent = term.value.type.shape[first]
    if not isinstance(extent, int) or term.value.type.shape[second] != extent:
        raise UnsupportedOpError(
            "a diagonal needs two equal fixed extents", hint="fix them with input_shapes"
        )
    others = [axis for axis in range(len(term.labels)) if axis not in (first, second)]
    value = call.emit("transpose", term.value, perm=(*others, first, second))
    kept = tuple(term.value.type.shape[axis] for axis in others)
    value = call.reshape(value, (*kept, extent * extent))
    value = call.emit("slice", value, axes=(len(others),), starts=(0,), sizes=(extent,), steps=(extent + 1,))
    labels = "".join(term.labels[axis] for axis in others) + repeated
    return _without_repeats(call, Term(value, labels))


def _summed(call: BaseCall, term: Term, needed: set[str]) -> Term:
    """Labels that nothing needs any more summed away."""
    axes = tuple(axis for axis, label in enumerate(term.labels) if label not in needed)
    if not axes:
        return term
    labels = "".join(label for label in term.labels if label in needed)
    return Term(call.emit("reduce_sum", term.value, axes=axes), labels)


def _ordered(call: BaseCall, term: Term, labels: str) -> Value:
    perm = tuple(term.labels.index(label) for label in labels)
    return term.value if perm == tuple(range(len(perm))) else call.emit("transpose", term.value, perm=perm)


def _joined(call: BaseCall, left: Term, right: Term, later: set[str]) -> Term:
    """The product of two terms, summed over the labels that nothing needs later."""
    left = _summed(call, left, later | set(right.labels))
    right = _summed(call, right, later | set(left.labels))
    shared = [label for label in left.labels if label in right.labels]
    batch = "".join(label for label in shared if label in later)
    inner = "".join(label for label in shared if label not in later)
    rows = "".join(label for label in left.labels if label not in shared)
    columns = "".join(label for label in right.labels if label not in shared)
    extents = {label: _common(left.extent(label), right.extent(label)) for label in shared}
    extents.update({label: left.extent(label) for label in rows})
    extents.update({label: right.extent(label) for label in columns})
    a = _blocked(call, left, (batch, rows, inner), extents)
    b = _blocked(call, right, (batch, inner, columns), extents)
    result = call.emit_single("matmul", a, b) if inner else call.emit("mul", a, b)
    labels = batch + rows + columns
    return Term(call.reshape(result, tuple(extents[label] for label in labels)), labels)


def _common(left: Extent, right: Extent) -> Extent:
    return right if left == 1 else left


def _blocked(call: BaseCall, term: Term, groups: tuple[str, ...], extents: dict[str, Extent]) -> Value:
    """The term with one axis for each group of labels."""
    labels = "".join(groups)
    value = _ordered(call, term, labels)
    shape = tuple(extents[label] for label in labels)
    if value.type.shape != shape:
        value = call.emit("expand", value, shape=shape)
    return call.reshape(value, tuple(product(tuple(extents[label] for label in group)) for group in groups))
