# SPDX-License-Identifier: Apache-2.0
"""Convolutions and matrix products: what they refuse, in words, and what no sample shows."""

from __future__ import annotations

import numpy as np
import pytest

from lite import Model
from lite.errors import ShapeError, UnsupportedOpError
from lite.ir import DType, Graph, TensorType
from lite.ir.interpret import interpret
from lite.nb.writer import to_bytes
from lite.ops.conv2d import Conv2d
from lite.ops.conv2d_transpose import Conv2dTranspose
from lite.ops.fully_connected import FullyConnected
from lite.ops.matmul import Matmul

IMAGE = TensorType((1, 5, 6, 4))


def _graph(op, *types):
    graph = Graph(op.name)
    graph.outputs = list(graph.add(op, [graph.add_input(f"input{i}", type) for i, type in enumerate(types)]))
    return graph


@pytest.mark.parametrize("op, types, words", [
    (Conv2d(layout="nhwc", groups=3), (IMAGE, TensorType((4, 2, 1, 1))), "groups"),
    (Conv2d(layout="nhwc"), (IMAGE, TensorType((4, 4, 7, 7))), "window of 7"),
    (Conv2d(layout="nhwc", strides=(0, 1)), (IMAGE, TensorType((4, 4, 1, 1))), "strides"),
    (Conv2d(layout="nhwc", pads=(0, -1, 0, 0)), (IMAGE, TensorType((4, 4, 1, 1))), "pads"),
    (Conv2d(layout="nhwc", activation="bend"), (IMAGE, TensorType((4, 4, 1, 1))), "activation"),
    (Conv2d(layout="nhwc"), (IMAGE, TensorType((4, 4, 1, 1)), TensorType((5,))), "bias"),
    (Conv2d(layout="nhwc"), (IMAGE, TensorType((4, 4, 1, 1), DType.F64)), "element types"),
    (Conv2dTranspose(layout="nhwc", pads=(9, 0, 9, 0)), (IMAGE, TensorType((4, 4, 1, 1))), "pads"),
    (FullyConnected(), (TensorType((2, 3)), TensorType((4, 5))), "last extent"),
    (FullyConnected(), (TensorType((2, 3)), TensorType((3, 5)), None, TensorType((2, 3))), "residual"),
    (Matmul(), (TensorType((2, 3)), TensorType((4, 5))), "inner extents"),
    (Matmul(), (TensorType((2, 2, 3)), TensorType((3, 3, 5))), "broadcast"),
    (Matmul(), (TensorType(()), TensorType((3,))), "rank 1"),
])  # fmt: skip
def test_types_that_do_not_fit(op, types, words):
    with pytest.raises(ShapeError, match=words):
        op.infer_all(types)


@pytest.mark.parametrize("op, types, words", [
    (Conv2d(layout="nchw"), (TensorType((1, 4, 5, 6)), TensorType((4, 4, 1, 1))), "to_nhwc"),
    (Conv2d(layout="nhwc"), (IMAGE.with_dtype(DType.F64), TensorType((4, 4, 1, 1), DType.F64)), "f64"),
    (Matmul(), (TensorType((2, 3), DType.F64), TensorType((3, 4), DType.F64)), "f64"),
])  # fmt: skip
def test_no_kernel(op, types, words):
    with pytest.raises(UnsupportedOpError, match=words):
        Model(to_bytes(_graph(op, *types))).session()


def _same(graph, feeds):
    (expected,) = interpret(graph, feeds).values()
    (found,) = Model(to_bytes(graph)).session().run(None, feeds)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_weights_shared_by_two_packings():
    """One constant, read as a convolution's weights and as plain numbers."""
    random = np.random.default_rng(0)
    graph = Graph()
    x = graph.add_input("x", TensorType((4, 20)))
    w = graph.constant(random.standard_normal((20, 20)).astype(np.float32))
    (first,) = graph.add(FullyConnected(), [x, w])
    (second,) = graph.add(Matmul(transpose_b=True), [first, w])
    graph.outputs = list(graph.add(Matmul(), [second, graph.add(Matmul(), [w, w])[0]]))
    _same(graph, {"x": random.standard_normal((4, 20)).astype(np.float32)})


@pytest.mark.parametrize("lowest", ["relu", "relu6", "clip"])
def test_nan_is_not_clipped(lowest):
    graph = Graph()
    x = graph.add_input("x", IMAGE)
    w = graph.constant(np.ones((17, 4, 1, 1), np.float32))
    graph.outputs = list(graph.add(Conv2d(layout="nhwc", activation=lowest, alpha=-1.0, beta=1.0), [x, w]))
    feed = np.ones(IMAGE.shape, np.float32)
    feed[0, 2, 3, 1] = np.nan
    (found,) = Model(to_bytes(graph)).session().run(None, {"x": feed})
    assert np.isnan(found[0, 2, 3]).all() and np.isfinite(np.delete(found.reshape(30, 17), 15, axis=0)).all()


@pytest.mark.parametrize("extent", [1, 2, 3, 6, 13, 31, 64])
@pytest.mark.parametrize("kernel, pad", [(1, 0), (3, 1), (5, 2), (7, 3)])
def test_square_images_of_any_size(extent, kernel, pad):
    random = np.random.default_rng(extent)
    graph = Graph()
    x = graph.add_input("x", TensorType((1, extent, extent, 33)))
    w = graph.constant(random.standard_normal((18, 33, kernel, kernel)).astype(np.float32) / 30)
    deep = graph.constant(random.standard_normal((18, 1, kernel, kernel)).astype(np.float32) / 5)
    (y,) = graph.add(Conv2d(layout="nhwc", pads=(pad,) * 4), [x, w])
    graph.outputs = list(graph.add(Conv2d(layout="nhwc", pads=(pad,) * 4, groups=18), [y, deep]))
    _same(graph, {"x": random.standard_normal((1, extent, extent, 33)).astype(np.float32)})
