# SPDX-License-Identifier: Apache-2.0
"""What layers cost is counted right, and measured where it must be."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import lite
from lite.convert import convert_to_bytes
from lite.errors import FileError, InputError
from lite.ir import Builder, Dim, Graph, Symbol, TensorType
from lite.nb.reader import read
from lite.ops.conv2d import Conv2d
from lite.ops.fully_connected import FullyConnected
from lite.ops.reduce_mean import ReduceMean

pytest.importorskip("lite._native")
from lite.slim.analysis import cost_by_layer, measure, weight_distributions
from lite.slim.analysis.costs import deployed

CONV, DENSE = 6 * 8 * 8 * (3 * 9 + 1), 6 * 10  # multiply-adds of one picture


def net(zeros: int = 0) -> Graph:
    """Pictures of any batch: a convolution, the mean of each channel, a matrix."""
    graph, random = Graph("net"), np.random.default_rng(0)
    graph.symbols["n"] = Symbol("n")
    build, x = Builder(graph), graph.add_input("image", TensorType((Dim.symbol("n"), 3, 8, 8)))
    w = random.standard_normal((6, 3, 3, 3))
    w.reshape(-1)[:zeros] = 0
    conv = build.add(Conv2d(pads=(1, 1, 1, 1)), x, build.constant(w, np.float32, "w"),
                     build.constant(random.standard_normal(6), np.float32, "bias"), name="conv")
    dense = build.add(FullyConnected(), build.add(ReduceMean((2, 3)), conv, name="mean"),
                      build.constant(random.standard_normal((6, 10)), np.float32, "matrix"), name="dense")
    graph.outputs = [dense]
    return graph


def test_layers_are_counted_by_hand() -> None:
    layers = {layer.name: layer for layer in cost_by_layer(net(), sqnr_db={"conv": 30.0})}
    conv, dense = layers["conv"], layers["dense"]
    assert (conv.flops, conv.parameters, conv.size_bytes, conv.sqnr_db) == (CONV, 168, 672, 30.0)
    assert (dense.flops, dense.parameters, dense.size_bytes, dense.sqnr_db) == (DENSE, 60, 240, None)
    assert conv.shape == (1, 8, 8, 6) and dense.shape == (1, 10)
    assert all(layer.latency_us is not None and layer.latency_us > 0 for layer in layers.values())


def test_shapes_may_be_given() -> None:
    shapes = {"image": (4, 3, 8, 8)}
    assert sum(layer.flops for layer in cost_by_layer(net(), input_shapes=shapes)) == 4 * (CONV + DENSE)
    assert measure({"net": net()}, input_shapes=shapes)[0].flops == 4 * (CONV + DENSE)


def test_integers_are_counted_as_floats_are() -> None:
    data = np.random.default_rng(1).standard_normal((8, 3, 8, 8)).astype(np.float32)
    integers, _ = convert_to_bytes(net(), quantize=lite.StaticPTQ(data))
    layers = {layer.op: layer for layer in cost_by_layer(integers)}
    assert layers["q_conv2d"].flops == CONV and layers["q_fully_connected"].flops == DENSE
    assert layers["q_conv2d"].parameters == 168
    assert layers["q_conv2d"].size_bytes == 162 + 6 * 4 + 6 * 4  # weights, biases, scales
    floats, ints = measure({"float": net(), "int8": integers})
    assert (floats.flops, floats.parameters) == (ints.flops, ints.parameters - 10) == (CONV + DENSE, 228)
    assert ints.size_bytes == len(integers)


def test_accuracy_is_what_the_runtime_answers(digits) -> None:
    def evaluate(session: lite.Session) -> float:
        said = [np.argmax(session(image[None])) for image in digits.images]
        return float(np.mean(np.array(said) == digits.labels))

    found = measure({"float": digits.model}, evaluate=evaluate)[0]
    assert found.accuracy == pytest.approx(0.9572, abs=1e-4)
    assert found.latency_ms is not None and found.latency_ms > 0
    with pytest.raises(InputError, match=r"model 'float': it gives nan"):
        measure({"float": digits.model}, evaluate=lambda session: math.nan)


def test_distributions_count_every_weight() -> None:
    found = {weights.name: weights for weights in weight_distributions(net(zeros=81))}
    assert sum(found["conv"].counts) == 162 and sum(found["dense"].counts) == 60
    assert found["conv"].zeros == 0.5 and found["dense"].zeros == 0
    w = net().nodes[0].inputs[1].array
    assert weight_distributions(net())[0].low == w.min() and weight_distributions(net())[0].high == w.max()
    assert [weights.name for weights in weight_distributions(net(), most=1)] == ["conv"]


def test_steps_hold_equally_many_integers() -> None:
    data = np.random.default_rng(1).standard_normal((8, 3, 8, 8)).astype(np.float32)
    nb, _ = convert_to_bytes(net(), quantize=lite.StaticPTQ(data))
    w = next(node for node in read(nb).nodes if node.op.name == "q_conv2d").inputs[1].array
    found = weight_distributions(nb)[0]
    step = (found.high - found.low) / len(found.counts)
    assert found.low == w.min() and step == int(step) and len(found.counts) <= 96
    expected = [int(np.sum((w >= low) & (w < low + step))) for low in np.arange(found.low, found.high, step)]
    assert list(found.counts) == expected and sum(expected) == w.size


def test_constant_weights_have_a_distribution() -> None:
    graph = net(zeros=162)
    found = weight_distributions(graph)[0]
    assert (found.low, found.high, found.zeros, sum(found.counts)) == (-0.5, 0.5, 1.0, 162)


def test_files_are_taken_as_they_are(tmp_path: Path) -> None:
    lite.convert(net(), tmp_path / "net.nb")
    data = (tmp_path / "net.nb").read_bytes()
    assert deployed(tmp_path / "net.nb") == deployed(data) == data
    with pytest.raises(FileError, match="cannot be read"):
        deployed(tmp_path / "none.nb")
