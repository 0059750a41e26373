# SPDX-License-Identifier: Apache-2.0
"""What a model costs, counted on its ONNX graph."""

from __future__ import annotations

import math

import onnx


def multiply_adds(model: onnx.ModelProto) -> int:
    """Of convolutions and fully connected layers, as papers count them."""
    graph = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    weights = {entry.name: list(entry.dims) for entry in graph.initializer}
    outputs = {entry.name: math.prod(extent.dim_value for extent in entry.type.tensor_type.shape.dim)
               for entry in (*graph.value_info, *graph.output)}  # fmt: skip
    layers = [node for node in graph.node if node.op_type in ("Conv", "Gemm")]
    return sum(outputs[node.output[0]] * math.prod(weights[node.input[1]][1:]) for node in layers)


def parameters(model: onnx.ModelProto) -> int:
    """What training adjusts: measured means and variances do not count."""
    measured = {name for node in model.graph.node if node.op_type == "BatchNormalization"
                for name in node.input[3:]}  # fmt: skip
    return sum(math.prod(entry.dims) for entry in model.graph.initializer if entry.name not in measured)
