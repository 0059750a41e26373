# SPDX-License-Identifier: Apache-2.0
"""Unsigned bytes become signed ones, which integer ops read; tables shift what comes and goes as u8."""

from __future__ import annotations

import numpy as np

from lite.ir import Builder, DType, Graph, Node, Value
from lite.ir.quant import Quantization
from lite.ops.dequantize import Dequantize
from lite.ops.pad import Pad
from lite.ops.quantize import Quantize
from lite.passes.lookups import MERGING, add_lookup, all_bytes
from lite.passes.pattern import maker, other_readers
from lite.passes.quantized import MOVES, moved_inputs, of_scaling
from lite.passes.rule import Rule, RulePass

SHIFT = 128


class SignedQuantize(Rule[Node]):
    """quantize to u8 -> quantize to s8, and a table back, which goes where it meets its counterpart."""

    name = "signed_quantize"
    roots = ("quantize",)

    def pattern(self, root: Node) -> Node | None:
        return root if isinstance(root.op, Quantize) and root.op.dtype is DType.U8 else None

    def rewrite(self, match: Node, build: Builder) -> Value:
        assert isinstance(match.op, Quantize)
        op = match.op.replace(zero_point=match.op.zero_point - SHIFT, dtype=DType.S8)
        return add_lookup(build, build.add(op, *match.inputs), all_bytes(DType.U8), of_scaling(match))


class SignedDequantize(Rule[tuple[Node, Value]]):
    """dequantize of u8 -> dequantize of s8."""

    name = "signed_dequantize"
    roots = ("dequantize",)

    def pattern(self, root: Node) -> tuple[Node, Value] | None:
        q = root.input(0)
        return (root, q) if q is not None and q.type.dtype is DType.U8 else None

    def rewrite(self, match: tuple[Node, Value], build: Builder) -> Value:
        root, q = match
        assert isinstance(root.op, Dequantize)
        zero_point = root.op.zero_point - SHIFT
        x = of_scaling(root)
        shifted = add_lookup(build, q, all_bytes(DType.S8),
                             Quantization(x.scale, zero_point) if x is not None else None)
        return build.add(root.op.replace(zero_point=zero_point), shifted, root.input(1))


class ShiftSinks(Rule[tuple[Node, Node]]):
    """move(shift to u8) -> shift to u8(move): moves between operators on u8 stand on s8."""

    name = "shift_sinks"
    roots = tuple(MOVES)

    def pattern(self, root: Node) -> tuple[Node, Node] | None:
        shift = maker(root.input(0), "lookup")
        if shift is None or moved_inputs(root) != (0,) or len(root.outputs) != 1:
            return None
        table, x = shift.input(1), shift.input(0)
        if x is None or x.is_constant or x.type.dtype is not DType.S8:
            return None
        shifts = table is not None and table.array is not None and (
            np.array_equal(table.array, all_bytes(DType.U8)))
        return (root, shift) if shifts else None

    def check(self, match: tuple[Node, Node], graph: Graph) -> str | None:
        root, shift = match
        return other_readers(shift.output, root, graph)

    def rewrite(self, match: tuple[Node, Node], build: Builder) -> Value:
        root, shift = match
        op = root.op
        if isinstance(op, Pad) and op.mode == "constant":
            op = op.replace(value=op.value - SHIFT)
        moved = build.add(op, shift.input(0), *root.inputs[1:])
        return add_lookup(build, moved, all_bytes(DType.U8), root.output.quantization)


class SignedActivations(RulePass):
    """Makes quantized values s8 where they are u8."""

    name = "signed_activations"
    rules = (SignedQuantize(), SignedDequantize(), ShiftSinks(), *MERGING)
