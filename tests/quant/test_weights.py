# SPDX-License-Identifier: Apache-2.0
"""Weights as integers: their scales, what stays float and why, and what a run keeps in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lite
from lite.errors import InputError, ModelFormatError
from lite.ir import Builder, DType, Graph, TensorType
from lite.ir.interpret import interpret, random_feeds
from lite.nb import reader
from lite.nb.writer import to_bytes
from lite.ops.conv2d import Conv2d
from lite.ops.conv2d_transpose import Conv2dTranspose
from lite.ops.fully_connected import FullyConnected
from lite.ops.gather import Gather
from lite.ops.matmul import Matmul
from lite.ops.reshape import Reshape
from lite.quant.weights import WeightOnly, channel_scales, integers, quantize_weights

RANDOM = np.random.default_rng(11)


def weights(*shape: int) -> np.ndarray:
    return (RANDOM.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)


def every_layer() -> Graph:
    """One layer of each kind that has weights, in a row."""
    graph = Graph("layers")
    build = Builder(graph)
    ids = graph.add_input("ids", TensorType((1, 8, 8), DType.S64))
    x = build.add(Gather(0), build.constant(weights(40, 24), name="table"), ids, name="embedding")
    x = build.add(Conv2d(pads=(1, 1, 1, 1), layout="nhwc", activation="relu"), x,
                  build.constant(weights(20, 24, 3, 3), name="w"), build.constant(weights(20)), name="conv")
    x = build.add(Conv2d(pads=(1, 1, 1, 1), groups=20, layout="nhwc"), x,
                  build.constant(weights(20, 1, 3, 3)), name="depthwise")
    x = build.add(Conv2dTranspose(strides=(2, 2), groups=2, layout="nhwc"), x,
                  build.constant(weights(20, 9, 2, 2)), name="up")
    x = build.add(Reshape((256, 18)), x)
    x = build.add(FullyConnected(), x, build.constant(weights(18, 40)), name="fc")
    x = build.add(Matmul(transpose_b=True), x, build.constant(weights(33, 40)), name="product")
    graph.outputs = [x]
    return graph


@pytest.mark.parametrize(("bits", "error"), [(8, 0.02), (16, 1e-4)])
def test_layers_mean_nearly_the_same_and_run_so(bits: int, error: float) -> None:
    graph = every_layer()
    feeds = random_feeds(graph, 1, {})
    feeds["ids"] = feeds["ids"] % 40
    before = interpret(graph, feeds)["product"]
    outcome = quantize_weights(graph, WeightOnly(bits))
    assert (outcome.layers, outcome.kept_float) == (6, {})
    after = interpret(graph, feeds)["product"]
    assert np.abs(after - before).max() <= error * np.ptp(before)
    assert not np.array_equal(after, before)
    for threads in (1, 2):
        (run,) = lite.Model(to_bytes(graph)).session(threads).run(None, feeds)
        np.testing.assert_allclose(run, after, atol=1e-5 * np.ptp(after))


@pytest.mark.parametrize("bits", [8, 16])
def test_the_file_and_memory_shrink(bits: int) -> None:
    graph = Graph("wide")
    build = Builder(graph)
    x = graph.add_input("x", TensorType((6, 1024)))
    graph.outputs = [build.add(FullyConnected(), x, build.constant(weights(1024, 2048)), name="fc")]
    floats = lite.Model(to_bytes(graph)).session().memory
    quantize_weights(graph, WeightOnly(bits))
    session = lite.Model(to_bytes(graph)).session()
    session.run(random_feeds(graph, 1, {}))
    assert floats is not None and session.memory is not None
    assert session.memory.weights_bytes <= floats.weights_bytes * (bits / 32 + 0.002)
    more = session.memory.arena_bytes - floats.arena_bytes
    assert more <= 3 * 16 * 1024 * 4  # panels of floats that one thread has at a time
    assert reader.read(to_bytes(graph)).nodes[0].inputs[1].name == graph.nodes[0].inputs[1].name  # type: ignore[union-attr]


def test_names_stay() -> None:
    graph = every_layer()
    quantize_weights(graph, WeightOnly())
    assert graph.nodes[1].inputs[1].name == "w"  # type: ignore[union-attr]
    assert graph.nodes[1].inputs[4].name == "w.scale"  # type: ignore[union-attr]


def test_same_bytes_again() -> None:
    files = []
    for _ in range(2):
        global RANDOM
        RANDOM = np.random.default_rng(5)
        graph = every_layer()
        quantize_weights(graph, WeightOnly())
        files.append(to_bytes(graph))
    assert files[0] == files[1]


def test_weights_that_layers_share_are_stored_once() -> None:
    graph = Graph("shared")
    build = Builder(graph)
    x = graph.add_input("x", TensorType((2, 32)))
    w = build.constant(weights(32, 32))
    graph.outputs = [build.add(FullyConnected(), build.add(FullyConnected(), x, w), w)]
    assert quantize_weights(graph, WeightOnly()).weights == 32 * 32
    first, second = graph.nodes
    assert first.inputs[1] is second.inputs[1] and first.inputs[4] is second.inputs[4]


@pytest.mark.parametrize("dtype", [DType.S8, DType.S16])
def test_channels_of_zeros_constants_and_extremes(dtype: DType) -> None:
    rows = np.array([[0, 0], [3, 3], [1e-40, -1e-42], [3e38, -1e30], [1e-9, 1]], np.float32)
    scale = channel_scales(rows, dtype)
    back = integers(rows, scale[:, None], dtype) * scale[:, None].astype(np.float64)
    assert scale.dtype == np.float32 and np.all(scale > 0) and np.all(np.isfinite(scale))
    assert scale[0] == 1 and not back[0].any() and not back[2].any()
    np.testing.assert_allclose(back[1], rows[1], rtol=0.005)
    assert np.abs(back[4] - rows[4]).max() <= scale[4] / 2 * 1.001


def test_scales_are_halves_where_these_do() -> None:
    assert channel_scales(weights(8, 300), DType.S8).dtype == np.float16
    assert channel_scales(weights(8, 300) * np.float32(1e-5), DType.S8).dtype == np.float32


def test_clipping_lowers_the_square_error() -> None:
    rows = np.concatenate([RANDOM.standard_normal(4000), [6.0]]).astype(np.float32)[None]
    chosen = channel_scales(rows, DType.S8).astype(np.float64)
    widest = np.abs(rows).max(axis=1) / 127

    def error(scale: np.ndarray) -> float:
        return float(np.sum((integers(rows, scale[:, None], DType.S8) * scale[:, None] - rows) ** 2))

    assert chosen < widest and error(chosen) < error(widest)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers_are_refused(wrong: float) -> None:
    graph = every_layer()
    array = graph.nodes[1].inputs[1].array.copy()  # type: ignore[union-attr]
    array[3, 1, 0, 2] = wrong
    graph.set_input(graph.nodes[1], 1, graph.constant(array, "broken"))
    with pytest.raises(ModelFormatError, match=r"'conv' \(conv2d\): 1 of 4320 weights 'broken' are NaN"):
        quantize_weights(graph, WeightOnly())
    assert quantize_weights(graph, WeightOnly(exclude=["conv"])).layers == 5


def test_what_is_excluded_or_small_stays_float() -> None:
    graph = every_layer()
    outcome = quantize_weights(graph, WeightOnly(exclude=["w", "emb.*"], smallest=200))
    assert outcome.kept_float["conv"] == outcome.kept_float["embedding"] == "it is excluded"
    assert "180 elements, fewer than 200" in outcome.kept_float["depthwise"]
    dtypes = [graph.nodes[i].inputs[p].type.dtype for i, p in ((0, 0), (1, 1), (2, 1), (5, 1))]  # type: ignore[union-attr]
    assert dtypes == [DType.F32, DType.F32, DType.F32, DType.S8]


@pytest.mark.parametrize(("options", "message"), [
    ({"bits": 4}, "bits is 4, expected 8 or 16"),
    ({"exclude": ["("]}, r"'\(', which is no regular expression"),
])  # fmt: skip
def test_options_that_mean_nothing_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        WeightOnly(**options)


def test_an_exclusion_of_nothing_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'depthwise'"):
        quantize_weights(every_layer(), WeightOnly(exclude="dephtwise"))
