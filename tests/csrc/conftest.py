# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lite.ir import Graph, TensorType
from lite.nb.writer import write
from lite.ops.add import Add
from lite.ops.concat import Concat
from lite.ops.conv2d import Conv2d
from lite.ops.fully_connected import FullyConnected
from lite.ops.leaky_relu import LeakyRelu
from lite.ops.pool2d import Pool2d
from lite.ops.reduce_mean import ReduceMean
from lite.ops.reshape import Reshape
from lite.ops.softmax import Softmax


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small convolutional net as a .nb file."""
    path = tmp_path_factory.mktemp("model") / "net.nb"
    write(small_net(), path)
    return path


def small_net() -> Graph:
    random = np.random.default_rng(0)

    def weights(*shape: int) -> np.ndarray:
        return random.standard_normal(shape).astype(np.float32)

    graph = Graph("net")
    x = graph.add_input("x", TensorType((1, 12, 12, 3)))
    (stem,) = graph.add(Conv2d(layout="nhwc", pads=(1, 1, 1, 1), activation="relu"),
                        [x, graph.constant(weights(8, 3, 3, 3)), graph.constant(weights(8))])
    (deep,) = graph.add(Conv2d(layout="nhwc", pads=(1, 1, 1, 1), groups=8),
                        [stem, graph.constant(weights(8, 1, 3, 3))])
    (point,) = graph.add(Conv2d(layout="nhwc"), [deep, graph.constant(weights(8, 8, 1, 1)), None, stem])
    (total,) = graph.add(Add(), [point, deep])
    (bent,) = graph.add(LeakyRelu(), [total])
    (pooled,) = graph.add(Pool2d(kind="max", kernel=(2, 2), strides=(2, 2), layout="nhwc"), [bent])
    (both,) = graph.add(Concat(axis=3), [pooled, pooled])
    (mean,) = graph.add(ReduceMean(axes=(1, 2)), [both])
    (flat,) = graph.add(Reshape(shape=(1, 16)), [mean])
    (scores,) = graph.add(FullyConnected(), [flat, graph.constant(weights(16, 10))])
    graph.outputs = list(graph.add(Softmax(axis=1), [scores], outputs=["scores"]))
    return graph
