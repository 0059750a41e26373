# SPDX-License-Identifier: Apache-2.0
"""Means and variances of batch normalizations, measured on random images."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from .net import EXTENT, INPUT

BATCH = 4
AXES = (0, 2, 3)


def random_images(count: int, seed: int = 0) -> np.ndarray:
    """Coloured clouds with some noise: [count, 3, 224, 224], mean 0, deviation about 1.

    Noise alone would be much the same image each time: its mean over a few pixels is always near 0.
    """
    random = np.random.default_rng(seed)
    images = 0.3 * random.standard_normal((count, 3, EXTENT, EXTENT), np.float32)
    for cells in (2, 7, 28):
        coarse = random.standard_normal((count, 3, cells + 1, cells + 1), np.float32)
        images += 0.8 * _stretched(_stretched(coarse, 2), 3)
    return images


def _stretched(coarse: np.ndarray, axis: int) -> np.ndarray:
    """Linear interpolation along an axis to the full extent."""
    cells = coarse.shape[axis] - 1
    places = np.linspace(0, cells, EXTENT, dtype=np.float32)
    before = np.minimum(places.astype(int), cells - 1)
    shape = [1] * coarse.ndim
    shape[axis] = EXTENT
    share = (places - before).reshape(shape)
    stretched: np.ndarray = coarse.take(before, axis) * (1 - share) + coarse.take(before + 1, axis) * share
    return stretched


def measured(model: onnx.ModelProto, batched: onnx.ModelProto, seed: int) -> onnx.ModelProto:
    """The model with each batch normalization's mean and variance those of what it reads.

    Parameters
    ----------
    model : onnx.ModelProto
        Changed in place.
    batched : onnx.ModelProto
        The same for BATCH images at once.
    seed : int
        Of the images.
    """
    import onnxruntime

    probe, names = _probe(batched)
    if names:
        session = onnxruntime.InferenceSession(probe.SerializeToString(), providers=["CPUExecutionProvider"])
        found = dict(zip(names, session.run(names, {INPUT: random_images(BATCH, seed)})))
        for entry in model.graph.initializer:
            if entry.name in found:
                entry.CopyFrom(numpy_helper.from_array(found[entry.name], entry.name))
    return model


def _probe(model: onnx.ModelProto) -> tuple[onnx.ModelProto, list[str]]:
    """The network with statistics of the batch at hand instead of stored ones, and their names."""
    nodes: list[onnx.NodeProto] = []
    names: list[str] = []
    for node in model.graph.node:
        if node.op_type == "BatchNormalization":
            nodes += _statistics(node.input[0], *node.input[3:])
            names += node.input[3:]
        nodes.append(node)
    kept = [entry for entry in model.graph.initializer if entry.name not in set(names)]
    outputs = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names]
    graph = helper.make_graph(nodes, model.graph.name, model.graph.input, outputs, kept)
    found = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    return found, names


def _statistics(x: str, mean: str, variance: str) -> list[onnx.NodeProto]:
    """Nodes that make the mean and the variance of each channel."""
    square, mean_of_squares, square_of_mean = (f"{variance}.{part}" for part in ("square", "mean", "shift"))
    return [
        helper.make_node("ReduceMean", [x], [mean], axes=AXES, keepdims=0),
        helper.make_node("Mul", [x, x], [square]),
        helper.make_node("ReduceMean", [square], [mean_of_squares], axes=AXES, keepdims=0),
        helper.make_node("Mul", [mean, mean], [square_of_mean]),
        helper.make_node("Sub", [mean_of_squares, square_of_mean], [variance]),
    ]
