# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from lite.ir import Graph, TensorType
from lite.nb.pack import PLAIN, Packing, pack, packing_of
from lite.ops.conv2d import Conv2d
from lite.ops.fully_connected import FullyConnected
from lite.ops.matmul import Matmul


def _numbered(*shape: int) -> np.ndarray:
    return np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape)


def _node(op, x, w):
    graph = Graph()
    inputs = [graph.add_input("x", TensorType(x)), graph.constant(w)]
    return graph.add(op, inputs)[0].producer


@pytest.mark.parametrize("out", [1, 15, 16, 17, 40])
def test_matrix(out):
    w = _numbered(7, out)
    packed = pack(w, Packing("p16"))
    assert packed.shape == (1, -(-out // 16), 7, 16)
    flat = packed.transpose(0, 2, 1, 3).reshape(7, -1)
    assert np.array_equal(flat[:, :out], w)
    assert not flat[:, out:].any()
    assert np.array_equal(pack(w.T, Packing("p16", transposed=True)), packed)


def test_convolution_per_group():
    w = _numbered(6, 5, 2, 3)
    packed = pack(w, Packing("p16", groups=2))
    assert packed.shape == (2, 1, 2 * 3 * 5, 16)
    for channel in range(6):
        column = packed[channel // 3, 0, :, channel % 3].reshape(2, 3, 5)
        assert np.array_equal(column, w[channel].transpose(1, 2, 0))
    assert not packed[:, :, :, 3:].any()


def test_depthwise():
    w = _numbered(5, 1, 3, 2)
    packed = pack(w, Packing("depthwise"))
    assert packed.shape == (6, 5)
    assert np.array_equal(packed[4], w[:, 0, 2, 0])


def _conv(w, **attributes):
    return packing_of(_node(Conv2d(**attributes), (1, 5, 5, 8), w), 1)


def test_packing_of_convolutions():
    assert _conv(_numbered(4, 8, 1, 1), layout="nhwc") == Packing("p16")
    assert _conv(_numbered(4, 4, 1, 1), layout="nhwc", groups=2) == Packing("p16", 2)
    assert _conv(_numbered(8, 1, 3, 3), layout="nhwc", groups=8) == Packing("depthwise")
    assert _conv(_numbered(16, 1, 3, 3), layout="nhwc", groups=8) == Packing("p16", 8)
    assert _conv(_numbered(4, 5, 1, 1)) == PLAIN


def test_packing_of_matrices():
    assert packing_of(_node(FullyConnected(), (3, 8), _numbered(8, 4)), 1) == Packing("p16")
    assert packing_of(_node(FullyConnected(), (3, 8), _numbered(8, 4)), 0) == PLAIN
    assert packing_of(_node(Matmul(transpose_b=True), (3, 8), _numbered(4, 8)), 1).transposed
    assert packing_of(_node(Matmul(), (2, 3, 8), _numbered(2, 8, 4)), 1) == PLAIN
