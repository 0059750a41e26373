# SPDX-License-Identifier: Apache-2.0
"""Images whose channels come first, which TensorFlow computes on GPUs only; and what it writes no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tf_graphs import const, graph, image, node

from lite.importers.tensorflow import load
from lite.ir.interpret import interpret
from lite.ir.verify import verify

RANDOM = np.random.default_rng(5)
X = RANDOM.standard_normal((2, 6, 8, 4)).astype(np.float32)
W = const("w", RANDOM.standard_normal((3, 3, 4, 4)))
FIRST, LAST = (0, 3, 1, 2), (0, 2, 3, 1)
VECTORS = [const(f"v{at}", RANDOM.uniform(0.5, 1, 4)) for at in range(4)]

# Ops with what they read behind the image, and attributes; four numbers are those of the axes.
CASES: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "conv": ("Conv2D", ("w",), {"strides": (1, 2, 1, 1), "padding": "SAME", "dilations": (1, 1, 2, 1)}),
    "conv_explicit": ("Conv2D", ("w",), {"strides": (1, 1, 1, 1), "padding": "EXPLICIT",
                                         "explicit_paddings": (0, 0, 1, 2, 0, 3, 0, 0)}),
    "depthwise": ("DepthwiseConv2dNative", ("w",), {"strides": (1, 1, 1, 1), "padding": "VALID"}),
    "max": ("MaxPool", (), {"ksize": (1, 2, 3, 1), "strides": (1, 2, 2, 1), "padding": "SAME"}),
    "average": ("AvgPool", (), {"ksize": (1, 2, 3, 1), "strides": (1, 2, 2, 1), "padding": "VALID"}),
    "bias": ("BiasAdd", ("v0",), {}),
    "norm": ("FusedBatchNormV3", ("v0", "v1", "v2", "v3"), {"is_training": False}),
    "blocks": ("SpaceToDepth", (), {"block_size": 2}),
    "pixels": ("DepthToSpace", (), {"block_size": 2}),
}  # fmt: skip


def _channels_first(numbers: Any) -> Any:
    """Numbers of the axes, or pairs of them, in the order of NCHW."""
    if not isinstance(numbers, tuple):
        return numbers
    pairs = np.array(numbers).reshape(4, -1)[list(FIRST)]
    return tuple(int(number) for number in pairs.reshape(-1))


@pytest.mark.parametrize("case", sorted(CASES))
def test_channels_may_come_first(case: str) -> None:
    op, reads, attributes = CASES[case]
    last = load(graph(image(*X.shape), W, *VECTORS, node("y", op, "x", *reads, **attributes)))
    turned = {name: _channels_first(value) for name, value in attributes.items()}
    shape = tuple(X.shape[axis] for axis in FIRST)
    first = load(graph(image(*shape), W, *VECTORS, node("y", op, "x", *reads, data_format="NCHW", **turned)))
    verify(first)
    wanted = interpret(last, {"x": X})["y"]
    found = interpret(first, {"x": X.transpose(FIRST)})["y"].transpose(LAST)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def test_transposed_convolutions_may_have_channels_first() -> None:
    attributes: dict[str, Any] = {"strides": (1, 2, 2, 1), "padding": "SAME"}
    nodes = [W, const("size", [2, 12, 16, 4], "int32")]
    last = load(
        graph(image(*X.shape), *nodes, node("y", "Conv2DBackpropInput", "size", "w", "x", **attributes))
    )
    nodes = [W, const("size", [2, 4, 12, 16], "int32")]
    attributes = {"strides": (1, 1, 2, 2), "padding": "SAME", "data_format": "NCHW"}
    y = node("y", "Conv2DBackpropInput", "size", "w", "x", **attributes)
    first = load(graph(image(2, 4, 6, 8), *nodes, y))
    found = interpret(first, {"x": X.transpose(FIRST)})["y"].transpose(LAST)
    np.testing.assert_allclose(found, interpret(last, {"x": X})["y"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("scaled", [False, True])
def test_the_oldest_batch_norm(scaled: bool) -> None:
    norm = node("y", "BatchNormWithGlobalNormalization", "x", "v0", "v1", "v2", "v3", variance_epsilon=0.1,
                scale_after_normalization=scaled)  # fmt: skip
    made = load(graph(image(*X.shape), *VECTORS, norm))
    mean, variance, bias, scale = (
        np.frombuffer(vector.attr[0].value.tensor.tensor_content, np.float32) for vector in VECTORS
    )
    expected = (X - mean) / np.sqrt(variance + np.float32(0.1)) * (scale if scaled else 1) + bias
    np.testing.assert_allclose(interpret(made, {"x": X})["y"], expected, rtol=1e-5, atol=1e-5)


def test_layers_that_know_of_quantization_become_integers(tmp_path: Path) -> None:
    pytest.importorskip("lite._native")
    from tf_archive import source

    from lite import convert_to_bytes

    case = source("fake_quant_layer", tmp_path)
    assert isinstance(case, bytes)
    report = convert_to_bytes(case)[1]
    assert report.ops_after["q_conv2d"] == 1
    assert "conv2d" not in report.ops_after
