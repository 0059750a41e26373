# SPDX-License-Identifier: Apache-2.0
"""Small classifiers of images that differ in width, names and layout, and images with a rule to learn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lite.ir import Builder, Dim, Graph, Symbol, TensorType
from lite.ops.batch_norm import BatchNorm
from lite.ops.conv2d import Conv2d
from lite.ops.fully_connected import FullyConnected
from lite.ops.reduce_mean import ReduceMean
from lite.ops.relu import Relu
from lite.ops.softmax import Softmax

CLASSES = 4


def classifier(width: int, prefix: str = "", *, layout: str = "nchw", seed: int = 0, size: int = 8) -> Graph:
    """image -> first, its norm -> relu -> second -> relu -> mean -> scores -> softmax."""
    graph, random = Graph(f"net of {width}"), np.random.default_rng(seed)
    graph.symbols["n"] = Symbol("n")
    channels = {"nchw": (3, size, size), "nhwc": (size, size, 3)}[layout]
    build, x = Builder(graph), graph.add_input(f"{prefix}image", TensorType((Dim.symbol("n"), *channels)))

    def constant(name: str, *shape: int):
        array = random.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))
        return build.constant(array, np.float32, name)

    conv = Conv2d(pads=(1, 1, 1, 1), layout=layout)
    y = build.add(conv, x, constant("w1", width, 3, 3, 3), name=f"{prefix}first")
    ones, zeros = np.ones(width), np.zeros(width)
    norm = [build.constant(array, np.float32) for array in (ones, zeros, zeros, ones)]
    y = build.add(BatchNorm(axis=1 if layout == "nchw" else 3), y, *norm, name=f"{prefix}norm")
    y = build.add(Relu(), y, name=f"{prefix}active")
    y = build.add(conv, y, constant("w2", 2 * width, width, 3, 3), name=f"{prefix}second")
    y = build.add(Relu(), y, name=f"{prefix}features")
    y = build.add(ReduceMean((2, 3) if layout == "nchw" else (1, 2)), y, name=f"{prefix}mean")
    w = build.constant(random.standard_normal((2 * width, CLASSES)) / np.sqrt(width), np.float32, "matrix")
    bias = build.constant(np.zeros(CLASSES), np.float32)
    y = build.add(FullyConnected(), y, w, bias, name=f"{prefix}scores")
    graph.outputs = [build.add(Softmax(1), y, name=f"{prefix}answer")]
    return graph


@pytest.fixture(scope="session")
def make_classifier() -> Callable[..., Graph]:
    return classifier


@pytest.fixture(scope="session")
def batches() -> list[tuple[np.ndarray, np.ndarray]]:
    """Images [16, 3, 8, 8] that are brighter in one of four quarters, which is their class."""
    random = np.random.default_rng(7)
    found = []
    for _ in range(8):
        labels = random.integers(0, CLASSES, 16)
        images = random.standard_normal((16, 3, 8, 8)).astype(np.float32)
        for image, label in zip(images, labels):
            row, column = divmod(int(label), 2)
            image[label % 3, 4 * row:4 * row + 4, 4 * column:4 * column + 4] += 2
        found.append((images, labels))
    return found
