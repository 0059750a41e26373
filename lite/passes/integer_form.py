# SPDX-License-Identifier: Apache-2.0
"""The places where a float op stands between dequantize and quantize, and what an integer form is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Union

import numpy as np

from lite import ops
from lite.errors import ShapeError
from lite.ir import DType, Graph, Node, Op, TensorType, Value
from lite.ir.quant import Quantization, limits, multiplier
from lite.ops.clip import Clip
from lite.passes.pattern import UNBOUNDED, other_readers
from lite.passes.quantized import Real, find_real, of_scaling, quantized_number

Operand = Union[Value, np.ndarray, None]  # arrays become constants
CLAMPS = {"relu": (0.0, np.inf), "relu6": (0.0, 6.0)}


@dataclass(frozen=True)
class IntegerForm:
    """An op on integers and what it reads: the same as a float op between its scales."""

    op: Op
    inputs: tuple[Operand, ...]

    @property
    def types(self) -> tuple[TensorType | None, ...]:
        return tuple(map(_type_of, self.inputs))


def _type_of(operand: Operand) -> TensorType | None:
    if operand is None:
        return None
    return TensorType.of(operand) if isinstance(operand, np.ndarray) else operand.type


class NoForm(Exception):
    """Why a float op has no integer form: its message says so, after the op's name."""


@dataclass(frozen=True)
class Site:
    """quantize(clamps(node(...))): the node's output has one use, which ends in integers.

    Attributes
    ----------
    root : Node
        The quantize.
    node : Node
        The float op.
    clamps : tuple of Node
        relu, relu6 and clip between them, the one next to the quantize first.
    y : Quantization
    """

    root: Node
    node: Node
    clamps: tuple[Node, ...]
    y: Quantization

    def real(self, position: int, name: str = "its input") -> Real:
        """The integers that an input of the float op is made of.

        Raises
        ------
        NoForm
            If it is not made of integers, or of others than the output.
        """
        value = self.node.input(position)
        real = find_real(value)
        if real is None:
            raise NoForm(f"{name} {value.name if value is not None else ''!r} is not quantized")
        if real.quantization.dtype is not self.y.dtype:
            raise NoForm(f"{name} is {real.quantization.dtype.value} and its output {self.y.dtype.value}")
        return real

    def results(self, activation: tuple[float, float] = UNBOUNDED) -> dict[str, int]:
        """y_zero, lo and hi: the clamps are the bounds of the integers, as rounding keeps the order."""
        lo, hi = limits(self.y.dtype)
        chain = [activation, *(clamp_bounds(node.op) for node in reversed(self.clamps))]
        for low, high in chain:
            least, greatest = (quantized_number(bound, self.y) for bound in (low, high))
            lo, hi = (min(max(bound, least), greatest) for bound in (lo, hi))
        return {"y_zero": self.y.zero_point, "lo": lo, "hi": hi}

    def ratio(self, *scales: float) -> float:
        """A product of scales divided by that of the output."""
        return multiplier(*scales, divisor=self.y.scale)

    def readers(self, graph: Graph) -> str | None:
        """Why the float value may not vanish: somebody else reads it."""
        reader = self.root
        for clamp in self.clamps:
            reason = other_readers(clamp.output, reader, graph)
            if reason is not None:
                return reason
            reader = clamp
        if all(user.op.name == "quantize" for user in self.node.output.users):
            return None
        return other_readers(self.node.output, reader, graph)


def find_site(root: Node) -> Site | None:
    """The place that ends in a quantize with one scale; None if there is no such."""
    y, node, clamps = of_scaling(root), _maker_of(root), []
    if y is None or y.dtype not in (DType.S8, DType.S16):
        return None
    while node is not None and (node.op.name in CLAMPS or isinstance(node.op, Clip)):
        clamps.append(node)
        node = _maker_of(node)
    return Site(root, node, tuple(clamps), y) if node is not None else None


def _maker_of(node: Node) -> Node | None:
    x = node.input(0)
    return x.producer if x is not None else None


def clamp_bounds(op: Op) -> tuple[float, float]:
    """Between which numbers relu, relu6 or clip clamps."""
    return (op.lo, op.hi) if isinstance(op, Clip) else CLAMPS[op.name]


def integer_op(name: str, like: Op | None = None, **attributes: Any) -> Op:
    """An integer op; attributes that are not given are those of a float op where it has them."""
    op = ops.get(name)
    known = like.attributes() if like is not None else {}
    wanted = {field: known[field] for field in op.__dataclass_fields__ if field in known}
    return op(**{**wanted, **attributes})


def refusal(form: IntegerForm, expected: TensorType, runnable: frozenset[str] | None) -> str | None:
    """Why an integer form cannot stand in for a float op; None if it can."""
    if runnable is not None and form.op.name not in runnable:
        return f"no kernel runs {form.op.name}"
    try:
        (found,) = form.op.infer_all(form.types)
    except ShapeError as error:
        return f"{form.op.name} does not take it: {error.message}"
    return None if found == expected else f"{form.op.name} gives {found}, expected {expected}"
