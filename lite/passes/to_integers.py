# SPDX-License-Identifier: Apache-2.0
"""Float ops between dequantize and quantize become ops on integers, or tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lite.ir import Builder, DType, Graph, Node, Value
from lite.ops._quant import TWICE
from lite.ops.clip import Clip
from lite.ops.pad import Pad
from lite.passes import integer_arithmetic, integer_layers
from lite.passes.fold_pad import shape_refusal, total_pads
from lite.passes.integer_form import IntegerForm, NoForm, Site, find_site, refusal
from lite.passes.lookups import MERGING, FunctionOfTable, QuantizedBack, QuantizedTable, operands
from lite.passes.pattern import maker, other_readers
from lite.passes.quantized import moved_inputs, of_scaling
from lite.passes.rule import Log, Rule, RulePass

SCALE, RESIDUAL = 3, 4  # input positions of layers
GREATEST_ROUNDED_TWICE = 0.5  # multipliers from here on leave no parts of steps
STAYS_FLOAT = "stays_float"  # the rule in whose name is refused what computes on floats
FORMS = {**dict.fromkeys(integer_layers.FORMS, integer_layers.layer_form), **integer_arithmetic.FORMS}


@dataclass(frozen=True)
class Found:
    """A float op between its scales, and its integer form or why it has none."""

    site: Site
    form: IntegerForm | None
    reason: str | None = None


def find_form(root: Node, runnable: frozenset[str] | None = None) -> Found | None:
    """What stands before a quantize, if it is an op that integer ops are made for."""
    site = find_site(root)
    if site is None or site.node.op.name not in FORMS or moved_inputs(site.node):
        return None
    try:
        form = FORMS[site.node.op.name](site)
    except NoForm as error:
        return Found(site, None, str(error))
    reason = refusal(form, root.output.type, runnable)
    return Found(site, form if reason is None else None, reason)


class ToIntegerOp(Rule[Found]):
    """quantize(op(dequantize(q), ...)) -> integer op(q, ...)."""

    name = "to_integer_op"
    roots = ("quantize",)

    def __init__(self, runnable: frozenset[str] | None) -> None:
        self.runnable = runnable

    def pattern(self, root: Node) -> Found | None:
        found = find_form(root, self.runnable)
        return found if found is not None and found.form is not None else None

    def check(self, match: Found, graph: Graph) -> str | None:
        return match.site.readers(graph)

    def rewrite(self, match: Found, build: Builder) -> Value:
        node, form = match.site.node, match.form
        assert form is not None
        inputs = [build.constant(item, name=f"{node.name}.integers") if isinstance(item, np.ndarray) else item
                  for item in form.inputs]
        made = build.add(form.op, *inputs, name=node.name)
        made.quantization = match.site.y
        return made


class RoundedOnce(Rule[tuple[Node, Node, Node]]):
    """quantize(dequantize(quantize(op(x)))) -> quantize(clip(op(x))), where only the last scale is read.

    That is what a concat of values with different scales comes to. The clip keeps what the first
    quantize clamped.
    """

    name = "rounded_once"
    roots = ("quantize",)

    def pattern(self, root: Node) -> tuple[Node, Node, Node] | None:
        scaled = maker(root.input(0), "dequantize")
        first = maker(scaled.input(0), "quantize") if scaled is not None else None
        site = find_site(first) if first is not None else None
        if scaled is None or first is None or site is None or site.node.op.name not in FORMS:
            return None
        scales = of_scaling(first), of_scaling(scaled), of_scaling(root)
        return (root, scaled, first) if None not in scales and scales[0] == scales[1] != scales[2] else None

    def check(self, match: tuple[Node, Node, Node], graph: Graph) -> str | None:
        root, scaled, first = match
        return other_readers(scaled.output, root, graph) or other_readers(first.output, scaled, graph)

    def rewrite(self, match: tuple[Node, Node, Node], build: Builder) -> Value:
        root, _, first = match
        narrow, wide = of_scaling(first), of_scaling(root)
        assert narrow is not None and wide is not None
        x = first.input(0)
        if narrow.lowest > wide.lowest or narrow.highest < wide.highest:
            x = build.add(Clip(narrow.lowest, narrow.highest), x)
        return build.add(root.op, x, root.input(1))


class PadOfIntegers(Rule[tuple[Node, Node]]):
    """q_conv2d(pad(x)) -> q_conv2d with more padding, where the pad fills in what stands for 0."""

    name = "fold_pad"
    roots = ("q_conv2d",)

    def pattern(self, root: Node) -> tuple[Node, Node] | None:
        pad = maker(root.input(0), "pad")
        return (pad, root) if pad is not None else None

    def check(self, match: tuple[Node, Node], graph: Graph) -> str | None:
        pad, layer = match
        zero = layer.op.attributes()["x_zero"]
        assert isinstance(pad.op, Pad)
        if pad.op.mode == "constant" and pad.op.value != zero:
            return f"it pads with {pad.op.value}, a convolution with {zero}"
        return shape_refusal(pad, (1, 2))

    def rewrite(self, match: tuple[Node, Node], build: Builder) -> Value:
        pad, layer = match
        op = layer.op.replace(pads=total_pads(pad, (1, 2), layer.op.attributes()["pads"]))
        made = build.add(op, pad.inputs[0], *layer.inputs[1:], name=layer.name)
        made.quantization = layer.output.quantization
        return made


class JoinScales(RulePass):
    """Rounds values once that are rounded twice in a row."""

    name = "join_scales"
    rules = (QuantizedBack(), RoundedOnce())


class ToIntegers(RulePass):
    """Makes integer ops and tables of what stands between dequantize and quantize.

    Parameters
    ----------
    runnable : frozenset of str, optional
        Names of the ops that have kernels: only these are made.
    """

    name = "to_integers"

    def __init__(self, runnable: frozenset[str] | None = None) -> None:
        self.runnable = runnable
        self.rules: tuple[Rule[Any], ...] = (
            ToIntegerOp(runnable), QuantizedBack(), FunctionOfTable(), QuantizedTable(), *MERGING,
            PadOfIntegers())

    def run(self, graph: Graph, log: Log) -> None:
        super().run(graph, log)
        if graph.rounding == TWICE:
            _round_twice(graph)
        log.refusals.clear()
        for node, reason in float_left(graph, self.runnable):
            log.refuse(STAYS_FLOAT, node, reason)
        _say_what_integers_stand_for(graph)


def _round_twice(graph: Graph) -> None:
    """Let layers round as fixed-point arithmetic does, where that can be."""
    for node in graph.nodes:
        scale, x = node.input(SCALE), node.input(0)
        if node.op.name not in integer_layers.FORMS.values() or node.input(RESIDUAL) is not None:
            continue
        fine = scale is not None and scale.array is not None and np.all(scale.array < GREATEST_ROUNDED_TWICE)
        if fine and x is not None and x.type.dtype is DType.S8:
            node.op = node.op.replace(rounding=TWICE)


def float_left(graph: Graph, runnable: frozenset[str] | None) -> list[tuple[Node, str]]:
    """What computes on floats, or moves them, and why; scales themselves aside."""
    found = [find_form(node, runnable) for node in graph.nodes if node.op.name == "quantize"]
    known = {item.site.node: item.reason or item.site.readers(graph) or "" for item in found if item}
    return [(node, known.get(node) or _why_float(node)) for node in graph.nodes
            if node.op.name not in ("quantize", "dequantize", "lookup") and _computes_floats(node)]


def _computes_floats(node: Node) -> bool:
    values = [*node.outputs, *(value for value in node.inputs if value is not None and not value.is_constant)]
    return any(value.type.dtype.is_float for value in values)


def _why_float(node: Node) -> str:
    if moved_inputs(node):
        return "it moves floats"
    if node.op.name not in FORMS and operands(node) is None:
        return f"nothing computes {node.op.name} on integers"
    varying = [value for value in node.inputs if value is not None and not value.is_constant]
    floats = [value.name for value in varying if maker(value, "dequantize") is None]
    return f"its input {floats[0]!r} is not quantized" if floats else "its output is not quantized"


def _say_what_integers_stand_for(graph: Graph) -> None:
    for node in graph.nodes:
        if node.op.name == "quantize":
            node.output.quantization = of_scaling(node)
        elif node.op.name == "dequantize":
            q = node.input(0)
            if q is not None and not q.is_constant:
                q.quantization = of_scaling(node)
        read = [node.input(position) for position in moved_inputs(node)]
        known = [value.quantization for value in read if value is not None and value.quantization is not None]
        for value in node.outputs if known else ():
            value.quantization = known[0] if value.type.dtype is known[0].dtype else value.quantization
