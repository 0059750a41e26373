# SPDX-License-Identifier: Apache-2.0
"""Unsigned bytes become signed ones, which integer ops read; tables shift what comes and goes as u8."""

from __future__ import annotations

from lite.ir import Builder, DType, Node, Value
from lite.ir.quant import Quantization
from lite.ops.dequantize import Dequantize
from lite.ops.quantize import Quantize
from lite.passes.lookups import MERGING, add_lookup, all_bytes
from lite.passes.quantized import of_scaling
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


class SignedActivations(RulePass):
    """Makes quantized values s8 where they are u8."""

    name = "signed_activations"
    rules = (SignedQuantize(), SignedDequantize(), *MERGING)
