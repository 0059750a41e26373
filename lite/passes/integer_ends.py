# SPDX-License-Identifier: Apache-2.0
"""Inputs and outputs of a graph become the integers that stand for them: the caller scales."""

from __future__ import annotations

from lite.ir import Graph, TensorType, Value
from lite.passes.pattern import maker
from lite.passes.quantized import of_scaling
from lite.passes.rule import Log, Pass


class IntegerEnds(Pass):
    """Takes out quantize behind inputs and dequantize before outputs.

    The values' ``quantization`` says what their integers stand for.
    """

    name = "integer_ends"

    def run(self, graph: Graph, log: Log) -> None:
        for value in list(graph.inputs):
            self._input(graph, value, log)
        for value in list(graph.outputs):
            self._output(graph, value, log)

    def _input(self, graph: Graph, value: Value, log: Log) -> None:
        readers = value.users
        if len(readers) != 1 or readers[0].op.name != "quantize" or graph.is_output(value):
            return
        (node,) = readers
        quantization = of_scaling(node)
        if quantization is None or graph.is_output(node.output):
            return
        position = graph.inputs.index(value)
        integers = graph.add_input(value.name, TensorType(value.type.shape, quantization.dtype))
        graph.inputs.pop()
        integers.quantization = quantization
        graph.replace_uses(node.output, integers)
        graph.remove(node)
        graph.inputs[position] = integers
        graph.claim_name(integers, value.name)
        log.changes["integer_input"] += 1

    def _output(self, graph: Graph, value: Value, log: Log) -> None:
        node = maker(value, "dequantize")
        q = node.input(0) if node is not None else None
        if node is None or q is None or q.producer is None or graph.is_output(q) or value.uses:
            return
        q.quantization = of_scaling(node)
        name = value.name
        graph.outputs = [q if output is value else output for output in graph.outputs]
        graph.claim_name(q, name)
        graph.remove(node)
        log.changes["integer_output"] += 1
