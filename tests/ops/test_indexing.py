# SPDX-License-Identifier: Apache-2.0
"""Ops whose indices are data: against onnxruntime inside, and never outside of their tensors."""

from __future__ import annotations

import numpy as np
import pytest

from lite.errors import ShapeError
from lite.ir import DType, TensorType
from lite.ops.gather import Gather
from lite.ops.gather_elements import GatherElements
from lite.ops.gather_nd import GatherNd
from lite.ops.one_hot import OneHot
from lite.ops.scatter_elements import ScatterElements
from lite.ops.scatter_nd import ScatterNd
from lite.ops.top_k import TopK
from lite.ops.trilu import Trilu

WILD = (-(2**63), -(2**40), -100, 100, 2**40, 2**63 - 1)


def _numbers(*shape):
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(np.float32)


def _indices(extent, *shape, least=None):
    lowest = -extent if least is None else least
    return np.random.default_rng(extent).integers(lowest, extent, shape).astype(np.int64)


def _agree(op, inputs, theirs, native):
    expected = op.reference_all(tuple(inputs))
    assert theirs is not None
    for right, other, result in zip(expected, theirs, native(op, inputs)):
        np.testing.assert_allclose(right, other, rtol=1e-6, err_msg=str(op))
        np.testing.assert_allclose(result, right, rtol=1e-6, err_msg=str(op))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_gather(axis, run_node, native):
    x = _numbers(4, 5, 6)
    indices = _indices(x.shape[axis], 3, 2)
    _agree(Gather(axis), [x, indices], run_node("Gather", [x, indices], opset=13, axis=axis), native)
    elements = _indices(x.shape[axis], 4, 5, 6)
    theirs = run_node("GatherElements", [x, elements], opset=13, axis=axis)
    _agree(GatherElements(axis), [x, elements], theirs, native)


@pytest.mark.parametrize("batch_dims, rows",
                         [(0, (7, 1)), (0, (2, 3, 2)), (0, (4, 3)), (1, (4, 2, 1)), (2, (4, 4, 1))])
def test_gather_nd(batch_dims, rows, run_node, native):
    x = _numbers(4, 4, 4)
    indices = _indices(4, *rows)
    theirs = run_node("GatherND", [x, indices], opset=13, batch_dims=batch_dims)
    _agree(GatherNd(batch_dims), [x, indices], theirs, native)


@pytest.mark.parametrize("reduction", ["none", "add", "mul", "max", "min"])
def test_scatter(reduction, run_node, native):
    x, updates = _numbers(4, 5), _numbers(4, 3)
    places = np.array([[0, 4, 2]] * 4, np.int64)
    theirs = run_node("ScatterElements", [x, places, updates], opset=18, axis=1, reduction=reduction)
    _agree(ScatterElements(1, reduction), [x, places, updates], theirs, native)
    rows, slices = np.array([[3], [0]], np.int64), _numbers(2, 5)
    theirs = run_node("ScatterND", [x, rows, slices], opset=18, reduction=reduction)
    _agree(ScatterNd(reduction), [x, rows, slices], theirs, native)


def test_updates_of_one_place_apply_in_order(native):
    x, updates = np.zeros((2, 3), np.float32), np.array([[1, 2, 4], [8, 16, 32]], np.float32)
    places = np.array([[1, 1, -2], [0, 0, 1]], np.int64)
    last, total = ScatterElements(1), ScatterElements(1, "add")
    for run in (native, lambda op, inputs: op.reference_all(tuple(inputs))):
        assert run(last, [x, places, updates])[0].tolist() == [[0, 4, 0], [16, 32, 0]]
        assert run(total, [x, places, updates])[0].tolist() == [[0, 7, 0], [24, 32, 0]]


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_wild_indices_are_clamped(dtype, native):
    limits = np.iinfo(dtype)
    wild = np.clip(np.array([WILD], object), limits.min, limits.max).astype(dtype)
    x = _numbers(3, 6)
    pairs, rows = wild.reshape(-1, 2), wild.reshape(-1, 1)
    cases = [(Gather(0), [x, wild[0]]), (GatherElements(0), [x, wild]), (GatherNd(), [x, pairs]),
             (ScatterElements(0), [x, wild, x[:1] + 1]), (ScatterNd(), [x, rows, x.repeat(2, 0)])]
    for op, inputs in cases:
        expected = op.reference_all(tuple(inputs))
        assert np.array_equal(native(op, inputs)[0], expected[0]), op
    assert np.array_equal(native(Gather(0), [x, wild[0]])[0], x[[0, 0, 0, 2, 2, 2]])


def test_nothing_to_gather(native):
    empty = np.zeros((0,), np.int64)
    assert native(Gather(0), [_numbers(3, 2), empty])[0].shape == (0, 2)
    assert native(GatherElements(0), [_numbers(3), empty])[0].shape == (0,)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_one_hot(axis, run_node, native):
    indices, values = _indices(6, 2, 3, least=-8), np.array([-1, 5], np.float32)
    theirs = run_node("OneHot", [indices, np.array(6, np.int64), values], opset=11, axis=axis)
    _agree(OneHot(6, axis), [indices, values], theirs, native)


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("axis, k", [(0, 1), (1, 4), (1, 30), (2, 2)])
def test_top_k(axis, k, largest, run_node, native):
    x = np.random.default_rng(5).integers(0, 9, (3, 40, 4)).astype(np.float32)  # many equal ones
    theirs = run_node("TopK", [x, np.array([k], np.int64)], opset=11, outputs=2, axis=axis,
                      largest=int(largest))
    _agree(TopK(k, axis, largest), [x], theirs, native)


@pytest.mark.parametrize("dtype", [dtype for dtype in DType if dtype is not DType.BF16])
def test_top_k_of_any_dtype(dtype, native):
    x = np.random.default_rng(6).integers(0, 256, (2, 300)).astype(np.uint8)
    x = x.astype(np.int8).astype(dtype.numpy)
    for k in (1, 20, 150, 300):
        op = TopK(k, 1, largest=k % 20 != 0)
        for result, expected in zip(native(op, [x], threads=2), op.reference(x)):
            assert np.array_equal(result, expected)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("largest", [True, False])
def test_top_k_orders_every_kind_of_float(dtype, largest, native):
    tiny, nan, inf = np.finfo(dtype).smallest_subnormal, np.nan, np.inf
    x = np.array([0.0, nan, -inf, -0.0, inf, tiny, -tiny, -1, 1, -nan, np.finfo(dtype).max], dtype)
    op = TopK(x.size, 0, largest)
    for result, expected in zip(native(op, [x]), op.reference(x)):
        assert result.tobytes() == expected.tobytes()


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("k", [-9, -1, 0, 2, 9])
def test_trilu(upper, k, run_node, native):
    x = _numbers(2, 4, 6)
    theirs = run_node("Trilu", [x, np.array(k, np.int64)], opset=14, upper=int(upper))
    _agree(Trilu(upper, k), [x], theirs, native)


def test_refuses():
    x, wide = TensorType((3, 4)), TensorType((2, 2), DType.S64)
    for op, inputs in ((Gather(2), (x, wide)), (Gather(0), (x, x)), (GatherNd(2), (x, wide)),
                       (GatherElements(0), (x, wide.with_shape((2, 5)))), (ScatterNd("sub"), (x, wide, x)),
                       (ScatterElements(0), (x, wide, x)), (OneHot(3, 3), (wide, x.with_shape((2,)))),
                       (TopK(5, 1), (x,)), (TopK(-1, 1), (x,)), (Trilu(), (x.with_shape((3,)),))):
        with pytest.raises(ShapeError):
            op.infer(*inputs)
