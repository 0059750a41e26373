# SPDX-License-Identifier: Apache-2.0
"""Whole models with a scale on every value: what is left of them, and each integer op by itself."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lite import importers
from lite.ir import Graph, Value
from lite.ir.interpret import apply, interpret, random_feeds
from lite.ops import get
from lite.passes import pipeline

DATA = os.environ.get("LITE_TEST_DATA")
pytestmark = pytest.mark.skipif(DATA is None, reason="LITE_TEST_DATA is not set: no real models")

Arrays = dict[str, np.ndarray]


def scaled_graph(path: str) -> tuple[Graph, Arrays]:
    """A model with pairs of scales on all values, from their least and greatest, and integer weights."""
    graph = importers.load(Path(str(DATA)) / "models" / path)
    pipeline.run(graph, pipeline.standard(quantized=True))
    feeds = random_feeds(graph, 0, {"N": 1})
    found: dict[Value, np.ndarray] = {value: feeds[value.name] for value in graph.inputs}
    interpret(graph, feeds, lambda value, array: found.__setitem__(value, array))
    for node in list(graph.nodes):
        if node.op.name in ("conv2d", "fully_connected"):
            put_weights(graph, node, 0 if node.op.name == "conv2d" else 1)
    for value, array in found.items():
        put_pair(graph, value, min(0.0, float(array.min())), max(0.0, float(array.max())))
    return graph, feeds


def put_weights(graph, node, axis) -> None:
    w = node.inputs[1].array
    shape = [-1 if other == axis else 1 for other in range(w.ndim)]
    scale = np.maximum(np.abs(w).max(tuple(other for other in range(w.ndim) if other != axis)), 1e-6) / 127
    q = np.rint(w / scale.reshape(shape)).astype(np.int8)
    constants = [graph.constant(q), graph.constant(scale.astype(np.float32))]
    graph.set_input(node, 1, *graph.add(get("dequantize")(axis=axis), constants, before=node))


def put_pair(graph, value, lowest, highest) -> None:
    readers, place = list(value.uses), graph.place(value.producer) + 1 if value.producer else 0
    before = graph.nodes[place] if place < len(graph.nodes) else None
    step = np.float32(max(highest - lowest, 1e-6) / 255)
    zero_point, scale = int(np.clip(np.rint(-128 - lowest / step), -128, 127)), graph.constant(step)
    (q,) = graph.add(get("quantize")(zero_point), [value, scale], before=before)
    (real,) = graph.add(get("dequantize")(zero_point), [q, scale], before=before)
    for node, position in readers:
        graph.set_input(node, position, real)
    if graph.is_output(value):
        graph.outputs = [real if output is value else output for output in graph.outputs]
        graph.claim_name(real, value.name)


def test_mobilenet_is_float_at_its_ends_only() -> None:
    pytest.importorskip("onnx")
    graph, feeds = scaled_graph("mobilenet_v2_torchvision/mobilenet_v2.onnx")
    seen: Arrays = dict(feeds)
    interpret(graph, feeds, lambda value, array: seen.__setitem__(value.name, array))
    logs = pipeline.run(graph, pipeline.integers(), verify=True)
    assert Counter(node.op.name for node in graph.nodes) == {
        "q_conv2d": 52, "quantize": 1, "transpose": 1, "q_reduce_mean": 1, "q_fully_connected": 1,
        "dequantize": 1}  # fmt: skip
    assert not [refusal for log in logs for refusal in log.refusals if refusal.rule == "stays_float"]
    made = [value for node in graph.nodes for value in node.outputs]
    assert [value.name for value in made if value.type.dtype.is_float] == [graph.outputs[0].name]
    assert all(value.quantization is not None for value in made[:-1])
    checked = sum(check_alone(node, seen) for node in graph.nodes if node.op.name.startswith("q_"))
    assert checked == 53  # all but the one that reads the transposed input


def check_alone(node, seen: Arrays) -> bool:
    """What a node makes of the values before it differs by one step at most, at less than 1 % of places."""
    inputs = [value.array if value.is_constant else seen.get(value.name) for value in node.inputs]
    if any(array is None for array in inputs):
        return False
    (got,) = apply(node.op, tuple(inputs))
    off = np.abs(got.astype(np.int32) - seen[node.output.name])
    assert off.max() <= 1 and (off > 0).mean() < 0.01, node.name
    return True
