# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from lite.ir import DType, Graph, TensorType
from lite.nb.pack import PLAIN, Packing, pack, packing_of, unpack
from lite.ops.add import Add
from lite.ops.conv2d import Conv2d
from lite.ops.fully_connected import FullyConnected
from lite.ops.matmul import Matmul
from lite.ops.q_conv2d import QConv2d
from lite.ops.q_fully_connected import QFullyConnected


def _numbered(*shape: int) -> np.ndarray:
    return np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape)


def _node(op, x, w):
    graph = Graph()
    inputs = [graph.add_input("x", TensorType(x, DType.of(w))), graph.constant(w)]
    if op.name.startswith("q_"):
        columns = w.shape[0] if w.ndim == 4 else w.shape[1]
        inputs += [graph.constant(np.zeros(columns, np.int32)), graph.constant(np.ones(columns, np.float32))]
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


@pytest.mark.parametrize(("depth", "out"), [(1, 1), (4, 16), (7, 17), (8, 40)])
def test_matrix_of_bytes(depth, out):
    w = _numbered(depth, out).astype(np.int8)
    packed = pack(w, Packing("p16x4"))
    assert packed.shape == (1, -(-out // 16), 1, -(-depth // 4), 16, 4)
    flat = packed.transpose(3, 5, 1, 4, 0, 2).reshape(-(-depth // 4) * 4, -1)
    assert np.array_equal(flat[:depth, :out], w)
    assert not flat[depth:].any() and not flat[:, out:].any()
    assert np.array_equal(pack(w.T, Packing("p16x4", transposed=True)), packed)


def test_convolution_of_bytes_fills_each_row_of_the_window():
    w = _numbered(6, 5, 2, 3).astype(np.int8)
    packed = pack(w, Packing("p16x4", groups=2))
    assert packed.shape == (2, 1, 2, 4, 16, 4)
    for channel in range(6):
        rows = packed[channel // 3, 0, :, :, channel % 3].reshape(2, 16)
        assert np.array_equal(rows[:, :15].reshape(2, 3, 5), w[channel].transpose(1, 2, 0))
        assert not rows[:, 15].any()
    assert not packed[..., 3:, :].any()


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


def _q_conv(w, **attributes):
    return packing_of(_node(QConv2d(**attributes), (1, 5, 5, 8), w.astype(np.int8)), 1)


def test_packing_of_bytes():
    assert _q_conv(_numbered(4, 8, 3, 3)) == Packing("p16x4")
    assert _q_conv(_numbered(4, 4, 1, 1), groups=2) == Packing("p16x4", 2)
    assert _q_conv(_numbered(16, 1, 3, 3), groups=8) == Packing("p16x4", 8)
    w = _numbered(8, 4).astype(np.int8)
    assert packing_of(_node(QFullyConnected(), (3, 8), w), 1) == Packing("p16x4")
    assert packing_of(_node(Add(), (8, 4), w), 1) == PLAIN


@pytest.mark.parametrize(("shape", "packing"), [
    ((6, 5, 2, 3), Packing("p16x4", groups=2)),
    ((17, 3, 3, 3), Packing("p16x4")),
    ((9, 33), Packing("p16x4")),
    ((9, 33), Packing("p16x4", transposed=True)),
])
def test_bytes_come_back(shape, packing):
    w = _numbered(*shape).astype(np.int8)
    assert np.array_equal(unpack(pack(w, packing).ravel(), packing, shape), w)
