# SPDX-License-Identifier: Apache-2.0
"""Decisions of a calibration in a graph: quantize -> dequantize on values, dequantize on weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lite.ir import Graph, Node, Value
from lite.ir.quant import Quantization, quantize
from lite.ops.dequantize import Dequantize
from lite.ops.quantize import Quantize
from lite.quant.grouping import Plan
from lite.quant.roles import BIAS, data_positions


@dataclass(frozen=True)
class LayerWeights:
    """What a layer gets instead of its float weights and bias."""

    quantized: np.ndarray  # s8
    scales: np.ndarray
    position: int
    axis: int
    bias: np.ndarray | None


def insert(plan: Plan, values: Mapping[str, Quantization], weights: Mapping[Node, LayerWeights]) -> None:
    """Put pairs on all quantized values, integers in the place of weights. A group's pairs share one scale.

    Parameters
    ----------
    plan : Plan
    values : mapping of str to Quantization
        By name of the group.
    weights : mapping of Node to LayerWeights
    """
    for node, chosen in weights.items():
        _put_weights(plan.graph, node, chosen)
    for group in plan.groups:
        parameters = values[group.name]
        scale = plan.graph.constant(np.asarray(parameters.scale, np.float32), f"{group.name}.scale")
        for value in group.members:
            _put_pair(plan, value, parameters, scale)


def _put_weights(graph: Graph, node: Node, chosen: LayerWeights) -> None:
    old = node.inputs[chosen.position]
    assert old is not None
    operands = [graph.constant(chosen.quantized, f"{old.name}.s8"),
                graph.constant(chosen.scales, f"{old.name}.scale")]
    (w,) = graph.add(Dequantize(axis=chosen.axis), operands, name=old.name, before=node)
    graph.set_input(node, chosen.position, w)
    old_bias = node.input(BIAS)
    if chosen.bias is not None and (old_bias is None or chosen.bias is not old_bias.array):
        name = old_bias.name if old_bias is not None else f"{node.name}.bias"
        graph.set_input(node, BIAS, graph.constant(chosen.bias, name))


def _put_pair(plan: Plan, value: Value, parameters: Quantization, scale: Value) -> None:
    graph = plan.graph
    name = value.name
    if value.is_constant:
        readers = [(node, position) for node, position in value.uses if _reads_integers(plan, node, position)]
        before: Node | None = min((node for node, _ in readers), key=graph.place)
        assert value.array is not None
        q = graph.constant(quantize(value.array, parameters.scale, parameters.zero_point, parameters.dtype),
                           f"{name}.quantized")
    else:
        made_here = plan.is_integer(value.producer)
        readers = [(node, position) for node, position in value.uses
                   if made_here or _reads_integers(plan, node, position)]
        before = _after(graph, value)
        (q,) = graph.add(Quantize(parameters.zero_point, dtype=parameters.dtype), [value, scale],
                         name=f"{name}.quantize", before=before)
    (real,) = graph.add(Dequantize(parameters.zero_point), [q, scale], name=f"{name}.dequantize",
                        before=before)
    q.quantization = parameters
    for node, position in readers:
        graph.set_input(node, position, real)
    if not value.is_constant and made_here and graph.is_output(value):
        graph.outputs = [real if output is value else output for output in graph.outputs]
        graph.claim_name(real, name)


def _reads_integers(plan: Plan, node: Node, position: int) -> bool:
    return node in plan.roles and plan.is_integer(node) and position in data_positions(node)


def _after(graph: Graph, value: Value) -> Node | None:
    """The node that runs next after a value is there; None at the end."""
    place = 0 if value.producer is None else graph.place(value.producer) + 1
    return graph.nodes[place] if place < len(graph.nodes) else None
