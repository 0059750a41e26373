# SPDX-License-Identifier: Apache-2.0
"""A small classifier with data, and the digits' one where test data is there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from lite.ir import Builder, Dim, Graph, Symbol, TensorType
from lite.ops.conv2d import Conv2d
from lite.ops.fully_connected import FullyConnected
from lite.ops.reduce_mean import ReduceMean
from lite.ops.relu import Relu
from lite.ops.softmax import Softmax


@dataclass(frozen=True)
class Digits:
    """A trained model of handwritten digits, 397 images and their labels."""

    model: Path
    images: np.ndarray
    labels: np.ndarray


@pytest.fixture
def digits() -> Digits:
    folder = Path(os.environ.get("LITE_TEST_DATA", "")) / "models" / "paddle_formats" / "pd2" / "digitsnet"
    if not os.environ.get("LITE_TEST_DATA") or not folder.is_dir():
        pytest.skip("LITE_TEST_DATA names no folder with paddle_formats/pd2/digitsnet")
    return Digits(folder, np.load(folder / "input.npy"), np.load(folder / "label.npy"))


@pytest.fixture
def graph() -> Graph:
    """Images of any batch: convolution, relu, mean, five scores."""
    graph, random = Graph("small"), np.random.RandomState(3)
    graph.symbols["n"] = Symbol("n")
    x = graph.add_input("image", TensorType((Dim.symbol("n"), 3, 8, 8)))
    build = Builder(graph)
    w = build.constant(random.standard_normal((16, 3, 3, 3)) / 3, np.float32, "conv.weight")
    bias = build.constant(random.standard_normal(16), np.float32, "conv.bias")
    y = build.add(Conv2d(pads=(1, 1, 1, 1)), x, w, bias, name="conv")
    y = build.add(ReduceMean((2, 3)), build.add(Relu(), y, name="relu"), name="mean")
    last = build.constant(random.standard_normal((16, 5)), np.float32, "last.weight")
    y = build.add(FullyConnected(), y, last, name="scores")
    graph.outputs = [build.add(Softmax(axis=1), y, name="answer")]
    return graph


@pytest.fixture
def images() -> np.ndarray:
    return np.random.RandomState(7).standard_normal((40, 3, 8, 8)).astype(np.float32)
