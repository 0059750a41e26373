# SPDX-License-Identifier: Apache-2.0
"""Reductions, softmax and normalisations over any axes, against numpy and onnxruntime."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lite import ops
from lite.errors import ShapeError
from lite.ir import TensorType

F32 = np.float32


def op(name, **attributes):
    return ops.get(name)(**attributes)


AXES = [axes for count in range(5) for axes in itertools.combinations(range(4), count)]


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
def test_every_choice_of_axes(native, axes, keepdims):
    x = np.random.default_rng(0).standard_normal((3, 5, 4, 19)).astype(F32)
    for name, meaning in (("reduce_sum", np.sum), ("reduce_max", np.max), ("reduce_mean", np.mean)):
        (result,) = native(op(name, axes=axes, keepdims=keepdims), [x])
        np.testing.assert_allclose(result, meaning(x, axes, keepdims=keepdims), rtol=1e-5, atol=1e-5)
        assert result.shape == meaning(x, axes, keepdims=keepdims).shape


@pytest.mark.parametrize("threads", [1, 4])
def test_sums_do_not_drift(native, threads):
    """A running sum of 0.1 in f32 is off by 1 in 1000 after a million."""
    x = np.full((1, 1 << 20), 0.1, F32)
    (row,) = native(op("reduce_sum", axes=(1,)), [x], threads)
    (column,) = native(op("reduce_sum", axes=(0,)), [x.T.copy()], threads)
    exact = float(F32(0.1)) * (1 << 20)
    np.testing.assert_allclose([row[0], column[0]], exact, rtol=2e-6)


def test_reductions_of_nothing(native):
    x = np.zeros((2, 0), F32)
    expected = {"reduce_sum": 0, "reduce_prod": 1, "reduce_max": -np.inf, "reduce_min": np.inf,
                "reduce_mean": np.nan}
    for name, value in expected.items():
        np.testing.assert_array_equal(native(op(name, axes=(1,)), [x])[0], [value, value])


def test_mean_of_integers_is_truncated_and_does_not_wrap(native):
    x = np.array([[100, 100, 101], [-100, -100, -101], [127, 127, 127]], np.int8)
    assert native(op("reduce_mean", axes=(1,)), [x])[0].tolist() == [100, -100, 127]


def test_truth_reduces_to_any_and_all(native):
    x = np.array([[True, False], [True, True], [False, False]])
    assert native(op("reduce_max", axes=(1,)), [x])[0].tolist() == [True, True, False]
    assert native(op("reduce_min", axes=(1,)), [x])[0].tolist() == [False, True, False]


@pytest.mark.parametrize("shape", [(1, 7, 7, 1280), (2, 56, 56, 24), (1, 112, 112, 3), (1, 300, 1, 65)])
def test_global_average_pooling(native, shape):
    x = np.random.default_rng(1).standard_normal(shape).astype(F32)
    (result,) = native(op("reduce_mean", axes=(1, 2), keepdims=True), [x], 2)
    np.testing.assert_allclose(result, x.mean((1, 2), np.float64, keepdims=True), atol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_agrees_with_onnxruntime(native, run_node, name, axis):
    x = np.random.default_rng(2).standard_normal((3, 21, 7, 35)).astype(F32) * 5
    kind = "Softmax" if name == "softmax" else "LogSoftmax"
    expected = run_node(kind, [x], opset=13, axis=axis)
    np.testing.assert_allclose(native(op(name, axis=axis), [x])[0], expected[0], rtol=1e-5, atol=1e-6)


def test_softmax_of_great_numbers(native):
    x = np.array([[1e30, 1e30, -1e30], [0, -1000, -np.inf]], F32)
    assert native(op("softmax", axis=1), [x])[0].tolist() == [[0.5, 0.5, 0], [1, 0, 0]]


@pytest.mark.parametrize("shift", [0, 1000])
@pytest.mark.parametrize("axis", [1, 2])
def test_layer_norm_far_from_zero(native, shift, axis):
    random = np.random.default_rng(3)
    x = (random.standard_normal((4, 33, 50)) + shift).astype(F32)
    scale, bias = (random.standard_normal(x.shape[axis:]).astype(F32) for _ in range(2))
    layer_norm = op("layer_norm", axis=axis)
    (result,) = native(layer_norm, [x, scale, bias])
    np.testing.assert_allclose(result, layer_norm.reference(x, scale, bias), atol=2e-5)


@pytest.mark.parametrize("shape", [(2, 5, 9, 11), (1, 64, 16, 16), (2, 3, 400)])
def test_instance_norm_in_both_layouts(native, run_node, shape):
    random = np.random.default_rng(4)
    x = random.standard_normal(shape).astype(F32)
    scale, bias = (random.standard_normal(shape[1]).astype(F32) for _ in range(2))
    (expected,) = run_node("InstanceNormalization", [x, scale, bias], opset=6, epsilon=1e-3)
    (first,) = native(op("instance_norm", epsilon=1e-3), [x, scale, bias])
    last_op = op("instance_norm", epsilon=1e-3, axis=len(shape) - 1)
    (last,) = native(last_op, [np.ascontiguousarray(np.moveaxis(x, 1, -1)), scale, bias])
    np.testing.assert_allclose(first, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.moveaxis(last, -1, 1), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [1, 3, 5])
def test_lrn_agrees_with_onnxruntime(native, run_node, size):
    x = np.random.default_rng(5).standard_normal((2, 21, 5, 7)).astype(F32)
    attributes = {"size": size, "alpha": 0.3, "beta": 0.6, "bias": 1.5}
    (expected,) = run_node("LRN", [x], opset=13, **attributes)
    np.testing.assert_allclose(native(op("lrn", **attributes), [x])[0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["arg_max", "arg_min"])
@pytest.mark.parametrize("select_last", [False, True])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_arg_agrees_with_onnxruntime(native, run_node, name, select_last, axis):
    x = np.random.default_rng(6).integers(0, 4, (9, 8, 70)).astype(F32)  # many ties
    kind = {"arg_max": "ArgMax", "arg_min": "ArgMin"}[name]
    (expected,) = run_node(kind, [x], opset=13, axis=axis, keepdims=0, select_last_index=int(select_last))
    (result,) = native(op(name, axis=axis, select_last=select_last), [x], 2)
    np.testing.assert_array_equal(result, expected)


def test_arg_of_an_empty_axis_is_refused():
    with pytest.raises(ShapeError, match="axis 1 is empty"):
        op("arg_max", axis=1).infer(TensorType((3, 0)))


@pytest.mark.parametrize("axes", [(2,), (1, 0), (0, 0), (-1,)])
def test_axes_are_checked(axes):
    with pytest.raises(ShapeError, match=r"axis is|axes are"):
        op("reduce_sum", axes=axes).infer(TensorType((3, 4)))


def test_damaged_axes_are_refused_by_the_engine(native):
    x = np.zeros((3, 4), F32)
    with pytest.raises(ShapeError, match="axis"):
        native(op("reduce_sum", axes=(1,)), [x], claimed=op("reduce_sum", axes=(7,)))
    with pytest.raises(ShapeError, match="expected"):
        native(op("reduce_sum", axes=(1,)), [x], claimed=op("reduce_sum", axes=(0,)))
    with pytest.raises(ShapeError, match="axis"):
        native(op("softmax", axis=1), [x], claimed=op("softmax", axis=2))
