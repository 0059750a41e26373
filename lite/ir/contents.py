# SPDX-License-Identifier: Apache-2.0
"""Symbolic contents of small tensors: what a chain such as shape -> gather -> mul -> concat holds.

Foreign formats compute shapes with tensors. ``Contents`` follows such chains back to shapes and
constants and says what each element is: an int, a formula over the extents of the inputs (``Dim``),
a float, a bool, or a ``Ratio`` (a formula divided by a number, before it is rounded). Importers turn
that into attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Union

import numpy as np

from lite.errors import LiteError
from lite.ir.dim import Dim, Extent, ceil_div, floor_div, is_nonnegative, maximum, minimum, weight
from lite.ir.graph import Node, Value

SMALL = 4096  # elements: longer tensors are data, not shapes
GREATEST_DENOMINATOR = 4096
LONGEST = 128  # atoms of a formula

Element = Union[int, float, Dim, "Ratio"]


@dataclass(frozen=True, eq=False)
class Ratio:
    """A formula divided by a whole number > 0: a float that is computed from extents."""

    numerator: Dim
    denominator: int

    def __add__(self, other: Any) -> Any:
        top, bottom = _parts(other)
        return _ratio(self.numerator * bottom + top * self.denominator, self.denominator * bottom)

    __radd__ = __add__

    def __neg__(self) -> Any:
        return _ratio(self.numerator * -1, self.denominator)

    def __sub__(self, other: Any) -> Any:
        return self + _negative(other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        top, bottom = _parts(other)
        return _ratio(self.numerator * top, self.denominator * bottom)

    __rmul__ = __mul__

    def floor(self) -> Extent:
        return floor_div(self.numerator, self.denominator)

    def ceil(self) -> Extent:
        return ceil_div(self.numerator, self.denominator)


class Contents:
    """Contents of values, computed when asked for and remembered."""

    def __init__(self) -> None:
        self._known: dict[Value, np.ndarray | None] = {}

    def of(self, value: Value) -> np.ndarray | None:
        """Elements of a tensor as an object array of its shape; None if they depend on data."""
        waiting = [value]
        while waiting:
            current = waiting[-1]
            unknown = [] if current in self._known else self._needed(current)
            if unknown:
                waiting.extend(unknown)
                continue
            waiting.pop()
            if current not in self._known:
                self._learn(current)
        return self._known[value]

    def extents(self, value: Value) -> tuple[Extent, ...] | None:
        """Elements of a tensor, flat, if each is an int or a formula."""
        elements = self.of(value)
        if elements is None:
            return None
        flat = [_whole(element) for element in elements.reshape(-1)]
        return None if any(element is None for element in flat) else tuple(flat)  # type: ignore[arg-type]

    def array(self, value: Value) -> np.ndarray | None:
        """The tensor itself if every element is a plain number."""
        if value.array is not None:
            return value.array
        elements = self.of(value)
        if elements is None or any(isinstance(element, (Dim, Ratio)) for element in elements.reshape(-1)):
            return None
        return elements.astype(value.type.dtype.numpy)

    def _needed(self, value: Value) -> list[Value]:
        """Values whose contents must be known before this one's."""
        node = value.producer
        if value.array is not None or node is None or node.op.name not in _RULES or not _is_small(value):
            return []
        if node.op.name in _READ_TYPES:
            return []
        return [item for item in node.inputs if item is not None and item not in self._known]

    def _learn(self, value: Value) -> None:
        node = value.producer
        if value.array is not None:
            self._known[value] = value.array.astype(object) if value.array.size <= SMALL else None
        elif node is None or node.op.name not in _RULES or not _is_small(value):
            self._known[value] = None
        else:
            for output, elements in zip(node.outputs, self._outputs(node)):
                self._known[output] = elements

    def _outputs(self, node: Node) -> Sequence[np.ndarray | None]:
        reads_types = node.op.name in _READ_TYPES
        inputs = [None if value is None or reads_types else self._known[value] for value in node.inputs]
        unknown: list[np.ndarray | None] = [None] * len(node.outputs)
        if not reads_types and any(
            elements is None and value is not None for elements, value in zip(inputs, node.inputs)
        ):
            return unknown
        try:
            found = _RULES[node.op.name](node, inputs)
        except (LiteError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
            return unknown
        outputs = found if isinstance(found, list) else [found]
        return [_short_enough(_of_object(elements)) for elements in outputs]


def _short_enough(elements: np.ndarray) -> np.ndarray | None:
    """The elements, or None if a formula among them is too long to be worth following."""
    for element in elements.reshape(-1):
        formula = element.numerator if isinstance(element, Ratio) else element
        if isinstance(formula, Dim) and weight(formula) > LONGEST:
            return None
    return elements


def _is_small(value: Value) -> bool:
    count = value.type.count
    return isinstance(count, int) and count <= SMALL


def _of_object(elements: Any) -> np.ndarray:
    if isinstance(elements, np.ndarray):
        return elements.astype(object)
    array: np.ndarray = np.empty((), np.object_)
    array[()] = elements
    return array


def _whole(element: Any) -> Extent | None:
    if isinstance(element, (Dim, int)):
        return element
    if isinstance(element, float) and element.is_integer():
        return int(element)
    return None


def _parts(element: Any) -> tuple[Extent, int]:
    """Numerator and denominator of an element.

    Raises
    ------
    ValueError
        If it is a float that is no short fraction.
    """
    if isinstance(element, Ratio):
        return element.numerator, element.denominator
    if isinstance(element, (Dim, int)):
        return element, 1
    fraction = Fraction(element).limit_denominator(GREATEST_DENOMINATOR)
    if np.float32(float(fraction)) != np.float32(element):
        raise ValueError(f"{element} is no short fraction")
    return fraction.numerator, fraction.denominator


def _ratio(numerator: Extent, denominator: int) -> Element:
    if isinstance(numerator, int):
        return numerator / denominator
    quotient = floor_div(numerator, denominator)
    if quotient * denominator == numerator:
        return quotient
    return Ratio(numerator, denominator)


def _negative(element: Any) -> Any:
    return -element


def _arithmetic(symbol: str) -> Callable[[Any, Any], Any]:
    def combine(left: Any, right: Any) -> Any:
        if not _is_symbolic(left, right):
            return {"+": left + right, "-": left - right, "*": left * right}[symbol]
        if isinstance(left, float):
            left = _ratio(*_parts(left)) if not left.is_integer() else int(left)
        if isinstance(right, float):
            right = _ratio(*_parts(right)) if not right.is_integer() else int(right)
        (top, bottom), (top2, bottom2) = _parts(left), _parts(right)
        if symbol == "*":
            return _ratio(top * top2, bottom * bottom2)
        sign = 1 if symbol == "+" else -1
        return _ratio(top * bottom2 + top2 * bottom * sign, bottom * bottom2)

    return combine


def _is_symbolic(*elements: Any) -> bool:
    return any(isinstance(element, (Dim, Ratio)) for element in elements)


def _divide_float(left: Any, right: Any) -> Any:
    if not _is_symbolic(left, right):
        return left / right
    (top, bottom), (top2, bottom2) = _parts(left), _parts(right)
    if top == top2:
        return bottom2 / bottom
    if isinstance(top2, int):
        sign = 1 if top2 > 0 else -1
        return _ratio(top * bottom2 * sign, bottom * abs(top2))
    quotient = floor_div(top * bottom2, top2 * bottom)
    if quotient * (top2 * bottom) == top * bottom2:
        return quotient
    raise ValueError("a quotient of formulas")


def _divide_whole(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    return floor_div(left, right)  # extents are >= 0: rounding down is rounding to zero


def _modulo(left: Any, right: Any) -> Any:
    return left % right


def _rounded(direction: str) -> Callable[[Any], Any]:
    def rounded(element: Any) -> Any:
        if isinstance(element, Ratio):
            return element.floor() if direction == "floor" else element.ceil()
        if isinstance(element, Dim):
            return element
        return float(np.floor(element) if direction == "floor" else np.ceil(element))

    return rounded


def _cast(node: Node, inputs: list[Any]) -> np.ndarray:
    dtype = node.output.type.dtype
    if dtype.is_float:
        return _map(lambda element: element if _is_symbolic(element) else float(element), inputs[0])
    if dtype.value == "bool":
        return _map(_truth, inputs[0])
    return _map(_truncated, inputs[0])


def _truth(element: Any) -> bool:
    return not _same(element, 0)


def _truncated(element: Any) -> Any:
    if isinstance(element, Ratio):
        if not is_nonnegative(element.numerator):
            raise ValueError("the sign is not known")
        return element.floor()
    return element if isinstance(element, Dim) else int(element)


def _same(left: Any, right: Any) -> bool:
    """Whether two elements are equal; ValueError if that depends on the inputs' extents."""
    if not _is_symbolic(left, right):
        return bool(left == right)
    difference = _arithmetic("-")(left, right)
    if isinstance(difference, (int, float)):
        return difference == 0
    if isinstance(difference, Dim) and any(is_nonnegative(difference * sign - 1) for sign in (1, -1)):
        return False
    raise ValueError("whether the extents are equal is known only when running")


def _at_most(left: Any, right: Any) -> bool:
    """left <= right; ValueError if that depends on the inputs' extents."""
    if not _is_symbolic(left, right):
        return bool(left <= right)
    difference = _arithmetic("-")(right, left)
    if isinstance(difference, (int, float)):
        return difference >= 0
    if isinstance(difference, Dim) and is_nonnegative(difference):
        return True
    if isinstance(difference, Dim) and is_nonnegative(difference * -1 - 1):
        return False
    raise ValueError("which extent is greater is known only when running")


def _map(function: Callable[..., Any], *arrays: Any) -> np.ndarray:
    """function over the elements of broadcast arrays, as an object array."""
    return _of_object(np.frompyfunc(function, len(arrays), 1)(*arrays))


def _elementwise(function: Callable[..., Any]) -> Callable[[Node, list[Any]], np.ndarray]:
    return lambda node, inputs: _map(function, *inputs)


def _shape(node: Node, inputs: list[Any]) -> np.ndarray:
    source = node.inputs[0]
    assert source is not None
    return np.array([*source.type.shape, None], np.object_)[:-1]  # None: an array of objects, come what may


def _range(node: Node, inputs: list[Any]) -> np.ndarray:
    op: Any = node.op
    return np.arange(op.start, op.limit, op.delta).astype(object)


def _divide(node: Node, inputs: list[Any]) -> np.ndarray:
    return _map(_divide_float if node.output.type.dtype.is_float else _divide_whole, *inputs)


def _where(node: Node, inputs: list[Any]) -> np.ndarray:
    return _map(lambda condition, left, right: left if condition else right, *inputs)


def _same_elements(node: Node, inputs: list[Any]) -> np.ndarray:
    return np.asarray(inputs[0].reshape(node.output.type.shape))


def _slice(node: Node, inputs: list[Any]) -> np.ndarray:
    op: Any = node.op
    result = inputs[0]
    for axis, start, size, step in zip(op.axes, op.starts, op.sizes, op.steps):
        result = np.take(result, np.arange(size) * step + start, axis=axis)
    return np.asarray(result)


def _gather(node: Node, inputs: list[Any]) -> np.ndarray:
    op: Any = node.op
    x, indices = inputs  # with scales there are three: what they make is data, nothing to follow
    return np.asarray(np.take(x, indices.astype(np.int64), axis=op.axis))


def _split(node: Node, inputs: list[Any]) -> list[Any]:
    op: Any = node.op
    return list(np.split(inputs[0], np.cumsum(op.sizes)[:-1], axis=op.axis))


def _expand(node: Node, inputs: list[Any]) -> np.ndarray:
    return np.broadcast_to(inputs[0], node.output.type.shape)  # type: ignore[arg-type]


def _reduce(function: Callable[[Any, Any], Any], first: Any) -> Callable[[Node, list[Any]], np.ndarray]:
    def reduced(node: Node, inputs: list[Any]) -> np.ndarray:
        op: Any = node.op
        operation = np.frompyfunc(function, 2, 1)
        result = inputs[0]
        for axis in sorted(op.axes, reverse=True):
            result = (
                operation.reduce(result, axis=axis)
                if first is None
                else operation.reduce(result, axis=axis, initial=first)
            )
        return _of_object(result).reshape(node.output.type.shape)

    return reduced


def _greatest(left: Any, right: Any) -> Any:
    return (
        maximum(left, right)
        if isinstance(left, (int, Dim)) and isinstance(right, (int, Dim))
        else right
        if _at_most(left, right)
        else left
    )


def _least(left: Any, right: Any) -> Any:
    return (
        minimum(left, right)
        if isinstance(left, (int, Dim)) and isinstance(right, (int, Dim))
        else left
        if _at_most(left, right)
        else right
    )


def _not(rule: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: not rule(left, right)


_RULES: dict[str, Callable[[Node, list[Any]], Any]] = {
    "shape": _shape,
    "range": _range,
    "identity": lambda node, inputs: inputs[0],
    "cast": _cast,
    "reshape": _same_elements,
    "squeeze": _same_elements,
    "unsqueeze": _same_elements,
    "flatten": _same_elements,
    "transpose": lambda node, inputs: np.transpose(inputs[0], node.op.perm),  # type: ignore[attr-defined]
    "concat": lambda node, inputs: np.concatenate(inputs, axis=node.op.axis),  # type: ignore[attr-defined]
    "slice": _slice,
    "gather": _gather,
    "split": _split,
    "expand": _expand,
    "tile": lambda node, inputs: np.tile(inputs[0], node.op.repeats),  # type: ignore[attr-defined]
    "add": _elementwise(_arithmetic("+")),
    "sub": _elementwise(_arithmetic("-")),
    "mul": _elementwise(_arithmetic("*")),
    "div": _divide,
    "mod": _elementwise(_modulo),
    "neg": _elementwise(_negative),
    "min": _elementwise(_least),
    "max": _elementwise(_greatest),
    "floor": _elementwise(_rounded("floor")),
    "ceil": _elementwise(_rounded("ceil")),
    "equal": _elementwise(_same),
    "not_equal": _elementwise(_not(_same)),
    "less_equal": _elementwise(_at_most),
    "greater": _elementwise(_not(_at_most)),
    "greater_equal": _elementwise(lambda left, right: _at_most(right, left)),
    "less": _elementwise(lambda left, right: not _at_most(right, left)),
    "logical_not": _elementwise(lambda element: not element),
    "logical_and": _elementwise(lambda left, right: bool(left and right)),
    "logical_or": _elementwise(lambda left, right: bool(left or right)),
    "where": _where,
    "reduce_sum": _reduce(_arithmetic("+"), 0),
    "reduce_prod": _reduce(_arithmetic("*"), 1),
    "reduce_min": _reduce(_least, None),
    "reduce_max": _reduce(_greatest, None),
}  # fmt: skip
_READ_TYPES = frozenset({"shape", "range"})
