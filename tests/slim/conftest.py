# SPDX-License-Identifier: Apache-2.0
"""For the tests of this folder: the catalogue of real models, a small classifier and what it can learn.

PyTorch has as few threads as tests have.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lite.ir import Builder, Dim, Graph, Symbol, TensorType
from lite.ops.batch_norm import BatchNorm
from lite.ops.conv2d import Conv2d
from lite.ops.fully_connected import FullyConnected
from lite.ops.reduce_mean import ReduceMean
from lite.ops.relu import Relu
from lite.ops.softmax import Softmax

sys.path.insert(0, str(Path(__file__).parents[1] / "zoo"))
if importlib.util.find_spec("torch") is not None:
    import torch

    torch.set_num_threads(1)

CLASSES = 3


@pytest.fixture()
def classifier() -> Graph:
    """Pictures of any number: convolution, batch norm, relu, mean, layer, softmax."""
    graph, random = Graph("classifier"), np.random.RandomState(0)
    graph.symbols["n"] = Symbol("n")
    x = graph.add_input("image", TensorType((Dim.symbol("n"), 1, 8, 8)))
    build = Builder(graph)
    w = build.constant(random.standard_normal((6, 1, 3, 3)) / 3, np.float32, "conv.weight")
    y = build.add(Conv2d(pads=(1, 1, 1, 1)), x, w, name="conv")
    norm = [build.constant(np.full(6, number), np.float32, f"norm.{name}")
            for name, number in (("scale", 1), ("bias", 0.1), ("mean", 0), ("variance", 1))]
    y = build.add(Relu(), build.add(BatchNorm(), y, *norm, name="norm"), name="relu")
    y = build.add(ReduceMean((2, 3)), y, name="mean")
    w = build.constant(random.standard_normal((6, CLASSES)) / 3, np.float32, "head.weight")
    bias = build.constant(np.zeros(CLASSES), np.float32, "head.bias")
    scores = build.add(FullyConnected(), y, w, bias, name="scores")
    graph.outputs = [build.add(Softmax(axis=1), scores, name="chances")]
    return graph


@pytest.fixture()
def batches() -> list[Any]:
    """Pairs of pictures and classes; classes differ in what their pictures repeat."""
    random = np.random.RandomState(1)
    patterns = np.stack([np.eye(8), np.eye(8)[::-1], np.ones((8, 8)) * (np.arange(8) % 2)])
    made = []
    for _ in range(6):
        labels = random.randint(0, CLASSES, 16)
        images = patterns[labels][:, None] + 0.3 * random.standard_normal((16, 1, 8, 8))
        made.append((images.astype(np.float32), labels))
    return made
