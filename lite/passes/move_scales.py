# SPDX-License-Identifier: Apache-2.0
"""Ops that only move elements do so on integers: dequantize sinks below them, quantize rises above them."""

from __future__ import annotations

from typing import Any

import numpy as np

from lite.ir import Builder, DType, Graph, Node, Op, Value
from lite.ir.dim import product
from lite.ir.interpret import apply
from lite.ir.quant import Quantization
from lite.ops.dequantize import Dequantize
from lite.ops.pad import Pad
from lite.ops.reshape import Reshape
from lite.ops.transpose import Transpose
from lite.passes.integer_form import CLAMPS, clamp_bounds
from lite.passes.lookups import add_lookup, all_bytes
from lite.passes.pattern import maker, other_readers
from lite.passes.quantized import (
    MOVES,
    find_real,
    moved_inputs,
    of_scaling,
    pad_integer,
    quantized_number,
)
from lite.passes.rule import Replacement, Rule, RulePass

MOVING = (*MOVES, "concat")


class OneScale(Rule[Node]):
    """A vector of one scale is a scale, whatever its axis."""

    name = "one_scale"
    roots = ("quantize", "dequantize")

    def pattern(self, root: Node) -> Node | None:
        scale = root.input(1)
        return root if scale is not None and scale.array is not None and scale.array.shape == (1,) else None

    def rewrite(self, match: Node, build: Builder) -> Value:
        x, scale = match.inputs
        assert scale is not None and scale.array is not None
        return build.add(match.op.replace(axis=0), x, build.constant(scale.array[0], name=scale.name))


class ConstantSinks(Rule[tuple[Node, Node, Dequantize]]):
    """move(dequantize(constant)) -> dequantize(another constant): how weights get to their layer."""

    name = "constant_sinks"
    roots = ("reshape", "transpose")

    def pattern(self, root: Node) -> tuple[Node, Node, Dequantize] | None:
        scaled = maker(root.input(0), "dequantize")
        q = scaled.input(0) if scaled is not None else None
        if scaled is None or q is None or not q.is_constant or not root.output.type.is_static:
            return None
        op = _following(root, scaled)
        return (root, scaled, op) if op is not None else None

    def check(self, match: tuple[Node, Node, Dequantize], graph: Graph) -> str | None:
        root, *_ = match
        return f"{root.output.name!r} is an output of the graph" if graph.is_output(root.output) else None

    def rewrite(self, match: tuple[Node, Node, Dequantize], build: Builder) -> Value:
        root, scaled, op = match
        q, scale = scaled.inputs
        assert q is not None
        (array,) = apply(root.op, (q.array,))
        return build.add(op, build.constant(array.copy(), name=q.name), scale, name=scaled.name)


def _following(move: Node, scaled: Node) -> Dequantize | None:
    """The dequantize of what a move makes of the integers; None if its scales cannot follow."""
    q, scale = scaled.inputs
    op = scaled.op
    assert isinstance(op, Dequantize) and q is not None and scale is not None
    if scale.type.rank == 0:
        return op
    if isinstance(move.op, Transpose):
        return op.replace(axis=move.op.perm.index(op.axis))
    assert isinstance(move.op, Reshape)
    shape, target = q.type.shape, move.output.type.shape
    before, extent = product(shape[:op.axis]), shape[op.axis]
    places = [axis for axis in range(len(target))
              if target[axis] == extent and product(target[:axis]) == before]
    return op.replace(axis=places[0]) if places else None


class DequantizeSinks(Rule[tuple[Node, Node]]):
    """move(dequantize(q)) -> dequantize(move(q)); several inputs must have the same scale."""

    name = "dequantize_sinks"
    roots = MOVING

    def pattern(self, root: Node) -> tuple[Node, Node] | None:
        read = [root.input(position) for position in moved_inputs(root)]
        reals = [find_real(value) for value in read]
        if not reals or None in reals or all(real is not None and real.q.is_constant for real in reals):
            return None
        first = read[0].producer if read[0] is not None else None
        return (root, first) if first is not None else None

    def check(self, match: tuple[Node, Node], graph: Graph) -> str | None:
        root, _ = match
        reals = [find_real(root.input(position)) for position in moved_inputs(root)]
        quantizations = [real.quantization for real in reals if real is not None]
        if len(set(quantizations)) > 1:
            return "its inputs have different scales"
        if isinstance(root.op, Pad) and pad_integer(root.op, quantizations[0]) is None:
            return f"it pads with {root.op.value}, for which no integer stands"
        return None

    def rewrite(self, match: tuple[Node, Node], build: Builder) -> Replacement:
        root, scaled = match
        inputs = list(root.inputs)
        for position in moved_inputs(root):
            real = find_real(root.input(position))
            assert real is not None
            inputs[position] = real.q
        quantization = of_scaling(scaled)
        assert quantization is not None
        op = root.op
        if isinstance(op, Pad) and op.mode == "constant":
            op = op.replace(value=float(quantized_number(op.value, quantization)))
        moved = build.add_all(op, *inputs)
        outputs = tuple(build.add(scaled.op, q, scaled.input(1), name=scaled.name) for q in moved)
        return outputs if len(outputs) > 1 else outputs[0]


class QuantizeRises(Rule[tuple[Node, Node]]):
    """quantize(move(x)) -> move(quantize(x))."""

    name = "quantize_rises"
    roots = ("quantize",)

    def pattern(self, root: Node) -> tuple[Node, Node] | None:
        move = maker(root.input(0), *MOVING)
        if move is None or not moved_inputs(move) or len(move.outputs) != 1 or of_scaling(root) is None:
            return None
        return root, move

    def check(self, match: tuple[Node, Node], graph: Graph) -> str | None:
        root, move = match
        return other_readers(move.output, root, graph)

    def rewrite(self, match: tuple[Node, Node], build: Builder) -> Value:
        root, move = match
        inputs = list(move.inputs)
        for position in moved_inputs(move):
            inputs[position] = build.add(root.op, move.inputs[position], root.input(1), name=root.name)
        return build.add(_on_integers(move.op, root), *inputs, name=move.name)


def _on_integers(op: Op, scaled: Node) -> Op:
    quantization = of_scaling(scaled)
    assert quantization is not None
    if isinstance(op, Pad) and op.mode == "constant":
        return op.replace(value=float(quantized_number(op.value, quantization)))
    return op


class QuantizePassesClamp(Rule[tuple[Node, Node, Quantization]]):
    """quantize(clamp(x)) -> table[quantize(x)], where x is an input or was moved: nothing else clamps it."""

    name = "quantize_passes_clamp"
    roots = ("quantize",)

    def pattern(self, root: Node) -> tuple[Node, Node, Quantization] | None:
        clamp, y = maker(root.input(0), *CLAMPS, "clip"), of_scaling(root)
        if clamp is None or y is None or y.dtype is DType.S16:
            return None
        x = clamp.inputs[0]
        assert x is not None
        return (root, clamp, y) if x.producer is None or moved_inputs(x.producer) else None

    def check(self, match: tuple[Node, Node, Quantization], graph: Graph) -> str | None:
        root, clamp, _ = match
        return other_readers(clamp.output, root, graph)

    def rewrite(self, match: tuple[Node, Node, Quantization], build: Builder) -> Value:
        root, clamp, y = match
        q = build.add(root.op, clamp.inputs[0], root.input(1), name=root.name)
        lo, hi = (quantized_number(bound, y) for bound in clamp_bounds(clamp.op))
        return add_lookup(build, q, np.clip(all_bytes(y.dtype), lo, hi), y)


class MoveScales(RulePass):
    """Lets dequantize sink and quantize rise past ops that only move elements.

    Parameters
    ----------
    constants_only : bool
        Only let the weights' integers come to the layers that read them.
    """

    name = "move_scales"

    def __init__(self, constants_only: bool = False) -> None:
        self.rules: tuple[Rule[Any], ...] = (OneScale(), ConstantSinks())
        if not constants_only:
            self.rules = (*self.rules, QuantizeRises(), QuantizePassesClamp(), DequantizeSinks())
