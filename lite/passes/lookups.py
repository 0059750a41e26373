# SPDX-License-Identifier: Apache-2.0
"""Functions of one quantized value of 8 bits: a table of 256 entries says all about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lite.errors import LiteError
from lite.ir import Builder, DType, Graph, Node, Quant, Value
from lite.ir.interpret import apply
from lite.ir.quant import Quantization, dequantize, limits, quantize
from lite.ops.lookup import Lookup
from lite.passes.pattern import maker, other_readers, uniform
from lite.passes.quantized import of_scaling
from lite.passes.rule import Rule

WITH_NUMBER = ("add", "sub", "mul", "div", "pow", "min", "max", "prelu")
TABLES = ("abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "clip", "cos", "cosh", "elu",
          "erf", "exp", "floor", "gelu", "hard_sigmoid", "hard_swish", "leaky_relu", "log", "mish", "neg",
          "reciprocal", "relu", "relu6", "round", "rsqrt", "selu", "sigmoid", "sign", "sin", "sinh",
          "softplus", "softsign", "sqrt", "square", "swish", "tan", "tanh", "thresholded_relu")  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A value that is a table's entries at the places that bytes say."""

    q: Value
    entries: np.ndarray


def all_bytes(dtype: DType) -> np.ndarray:
    """Every integer of an 8-bit type, ascending."""
    lowest, highest = limits(dtype)
    return np.arange(lowest, highest + 1).astype(dtype.numpy)


def find_table(value: Value | None) -> Table | None:
    """A dequantize or a lookup with a constant table; None if a value is neither."""
    node = maker(value, "dequantize", "lookup")
    q, constant = (node.input(0), node.input(1)) if node is not None else (None, None)
    if node is None or q is None or constant is None or constant.array is None:
        return None
    if node.op.name == "lookup":
        return Table(q, constant.array)
    x = of_scaling(node)
    if x is None or x.dtype not in (DType.S8, DType.U8):
        return None
    return Table(q, dequantize(all_bytes(x.dtype), x.scale, x.zero_point))


def add_lookup(build: Builder, q: Value, entries: np.ndarray, y: Quantization | None = None) -> Value:
    """A lookup, or the constant that it gives."""
    if q.array is not None:
        (array,) = Lookup().reference_all((q.array, entries))
        return build.constant(array, name=q.name)
    made = build.add(Lookup(), q, build.constant(entries, name=f"{build.name}.table"))
    made.quantization = y
    return made


class FunctionOfTable(Rule[tuple[Node, Table, np.ndarray]]):
    """f(table[q]) -> another table; f has one input, or a number as the other one."""

    name = "function_of_table"
    roots = (*TABLES, *WITH_NUMBER)

    def pattern(self, root: Node) -> tuple[Node, Table, np.ndarray] | None:
        read = operands(root)
        if read is None:
            return None
        position, inputs = read
        table = find_table(root.input(position))
        if table is None or table.entries.dtype != np.float32 or table.q.is_constant:
            return None
        inputs[position] = table.entries
        try:
            (entries,) = apply(root.op, tuple(inputs))
        except (LiteError, ValueError):
            return None
        return (root, table, entries) if entries.shape == (256,) and entries.dtype == np.float32 else None

    def rewrite(self, match: tuple[Node, Table, np.ndarray], build: Builder) -> Value:
        _, table, entries = match
        return add_lookup(build, table.q, entries)


def operands(node: Node) -> tuple[int, list[np.ndarray | None]] | None:
    """Which input varies, and the numbers at the other ones; None if that is no function of one value."""
    if node.op.quant is Quant.TABLE and len(node.inputs) == 1:
        return 0, [None]
    numbers = [_number(value) for value in node.inputs]
    if node.op.name not in WITH_NUMBER or len(numbers) != 2 or (numbers[0] is None) == (numbers[1] is None):
        return None
    position = 0 if numbers[0] is None else 1
    x = node.input(position)
    if x is None or x.type != node.output.type:
        return None
    return position, [None if number is None else np.asarray([number], np.float32) for number in numbers]


def _number(value: Value | None) -> float | None:
    """The number that all elements of a constant stand for."""
    scaled = maker(value, "dequantize")
    if scaled is None:
        return uniform(value)
    q = uniform(scaled.input(0))
    x = of_scaling(scaled)
    return None if q is None or x is None else float(dequantize(np.asarray(q), x.scale, x.zero_point))


class QuantizedTable(Rule[tuple[Node, Table, Quantization]]):
    """quantize(table[q]) -> a table of integers; quantize(dequantize(q)) with other scales is one, too."""

    name = "quantized_table"
    roots = ("quantize",)

    def pattern(self, root: Node) -> tuple[Node, Table, Quantization] | None:
        table, y = find_table(root.input(0)), of_scaling(root)
        if table is None or y is None or y.dtype is DType.S16 or table.entries.dtype != np.float32:
            return None
        return root, table, y

    def rewrite(self, match: tuple[Node, Table, Quantization], build: Builder) -> Value:
        _, table, y = match
        return add_lookup(build, table.q, quantize(table.entries, y.scale, y.zero_point, y.dtype), y)


class QuantizedBack(Rule[Value]):
    """quantize(dequantize(q)) with the same scale."""

    name = "quantized_back"
    roots = ("quantize",)

    def pattern(self, root: Node) -> Value | None:
        scaled = maker(root.input(0), "dequantize")
        if scaled is None or of_scaling(root) is None or of_scaling(scaled) != of_scaling(root):
            return None
        return scaled.input(0)

    def rewrite(self, match: Value, build: Builder) -> Value:
        return match


class LookupOfLookup(Rule[tuple[Node, Table, np.ndarray]]):
    """table[other[q]] -> one table; one that changes nothing goes."""

    name = "lookup_of_lookup"
    roots = ("lookup",)

    def pattern(self, root: Node) -> tuple[Node, Table, np.ndarray] | None:
        outer, inner = find_table(root.output), maker(root.input(0), "lookup")
        table = find_table(inner.output) if inner is not None else None
        if outer is None or table is None or inner is None:
            return None
        places = table.entries.astype(np.int32) - limits(inner.output.type.dtype)[0]
        return root, table, outer.entries[places]

    def rewrite(self, match: tuple[Node, Table, np.ndarray], build: Builder) -> Value:
        root, table, entries = match
        return add_lookup(build, table.q, entries, root.output.quantization)


class SameTable(Rule[Value]):
    """A table that gives what it gets."""

    name = "same_table"
    roots = ("lookup",)

    def pattern(self, root: Node) -> Value | None:
        table, q = find_table(root.output), root.input(0)
        if table is None or q is None or q.type != root.output.type:
            return None
        return q if np.array_equal(table.entries, all_bytes(q.type.dtype)) else None

    def rewrite(self, match: Value, build: Builder) -> Value:
        return match


class ClampingTable(Rule[tuple[Node, Node, int, int]]):
    """A table that only clamps, behind an integer op that clamps anyway."""

    name = "clamping_table"
    roots = ("lookup",)

    def pattern(self, root: Node) -> tuple[Node, Node, int, int] | None:
        table, q = find_table(root.output), root.input(0)
        if table is None or q is None or q.producer is None or q.type != root.output.type:
            return None
        lo, hi = int(table.entries.min()), int(table.entries.max())
        clamps = np.array_equal(table.entries, np.clip(all_bytes(q.type.dtype), lo, hi))
        return (root, q.producer, lo, hi) if clamps and {"lo", "hi"} <= q.producer.op.attributes().keys() \
            and q.producer.op.name.startswith("q_") else None

    def check(self, match: tuple[Node, Node, int, int], graph: Graph) -> str | None:
        root, producer, *_ = match
        return other_readers(producer.output, root, graph)

    def rewrite(self, match: tuple[Node, Node, int, int], build: Builder) -> Value:
        root, producer, lo, hi = match
        bounds = {name: min(max(producer.op.attributes()[name], lo), hi) for name in ("lo", "hi")}
        made = build.add(producer.op.replace(**bounds), *producer.inputs, name=producer.name)
        made.quantization = root.output.quantization
        return made


MERGING = (LookupOfLookup(), SameTable(), ClampingTable())
