# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import random

import numpy as np
import pytest

from lite.errors import ShapeError
from lite.ir import Dim, DType, TensorType
from lite.ir.dim import evaluate
from lite.ops.adaptive_pool2d import AdaptivePool2d
from lite.ops.pool2d import Pool2d


def _cases(kind, count):
    chance = random.Random(kind)
    for seed in range(count):
        kernel = (chance.randint(1, 4), chance.randint(1, 4))
        op = Pool2d(kind, kernel, strides=(chance.randint(1, 4), chance.randint(1, 4)),
                    pads=tuple(chance.randint(0, kernel[side % 2] - 1) for side in range(4)),
                    dilations=(chance.randint(1, 3), chance.randint(1, 3)), ceil_mode=chance.random() < 0.5,
                    count_include_pad=kind == "average" and chance.random() < 0.5)
        shape = (1, 3, chance.randint(1, 12), chance.randint(1, 12))
        yield op, np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def _accepts(op, x):
    try:
        op.infer(TensorType.of(x))
    except ShapeError:
        return False
    return True


@pytest.mark.parametrize("kind", ["max", "average"])
def test_agrees_with_onnxruntime_and_the_engine(kind, run_node, native):
    compared = 0
    for op, x in _cases(kind, 300):
        if not _accepts(op, x):
            continue
        counting = {"count_include_pad": int(op.count_include_pad)} if kind == "average" else {}
        theirs = run_node("MaxPool" if kind == "max" else "AveragePool", [x], opset=19,
                          kernel_shape=op.kernel, strides=op.strides, pads=op.pads, dilations=op.dilations,
                          ceil_mode=int(op.ceil_mode), **counting)
        ours = op.reference(x)
        np.testing.assert_allclose(ours, theirs[0], rtol=1e-5, atol=1e-6, err_msg=str(op))
        (result,) = native(op.replace(layout="nhwc"), [x.transpose(0, 2, 3, 1).copy()])
        np.testing.assert_allclose(result.transpose(0, 3, 1, 2), ours, rtol=1e-6, atol=1e-6, err_msg=str(op))
        compared += 1
    assert compared > 200


def test_the_formula_gives_what_numbers_give():
    for op, x in _cases("average", 300):
        symbolic = TensorType((1, 3, Dim.symbol("h"), Dim.symbol("w")))
        if not _accepts(op, x):
            continue
        extents = {"h": x.shape[2], "w": x.shape[3]}
        formulas = op.infer(symbolic).shape
        assert tuple(evaluate(extent, extents) for extent in formulas) == op.infer(TensorType.of(x)).shape


@pytest.mark.parametrize("channels", [1, 3, 8, 15, 16, 17, 31, 64, 67, 100])
@pytest.mark.parametrize("kernel", [(2, 2), (3, 3), (5, 2), (6, 7)])
def test_any_number_of_channels(channels, kernel, native):
    x = np.random.default_rng(channels).standard_normal((1, 7, 8, channels)).astype(np.float32)
    for kind in ("max", "average"):
        op = Pool2d(kind, kernel, strides=(2, 1), pads=(1, 1, 1, 1), layout="nhwc")
        np.testing.assert_allclose(native(op, [x])[0], op.reference(x), rtol=1e-6, atol=1e-6)


def test_same_bits_for_any_number_of_threads(native):
    x = np.random.default_rng(0).standard_normal((2, 61, 47, 40)).astype(np.float32)
    for op in (Pool2d("average", (3, 3), pads=(1, 1, 1, 1), layout="nhwc"),
               AdaptivePool2d("average", (13, 9), layout="nhwc")):
        alone = native(op, [x])[0]
        for threads in (2, 3, 4):
            assert np.array_equal(native(op, [x], threads=threads)[0], alone)


def test_a_window_in_padding_alone(native):
    x = np.full((1, 1, 1, 20), -np.inf, np.float32)
    op = Pool2d("max", (1, 1), pads=(1, 0, 0, 0), layout="nhwc")
    least = np.finfo(np.float32).min
    for result in (op.reference(x), native(op, [x])[0]):
        assert result[0, 0, 0, 0] == least
        assert result[0, 1, 0, 0] == -np.inf


@pytest.mark.parametrize("op", [Pool2d("max", (0, 1)), Pool2d("max", (1, 1), strides=(0, 1)),
                                Pool2d("max", (1, 1), pads=(-1, 0, 0, 0)), Pool2d("median", (1, 1)),
                                Pool2d("max", (9, 9)), Pool2d("max", (1, 1), layout="chwn")])
def test_refuses(op):
    with pytest.raises(ShapeError):
        op.infer(TensorType((1, 2, 4, 4)))


def test_refuses_the_mean_of_integers():
    with pytest.raises(ShapeError, match="expected a float"):
        Pool2d("average", (2, 2)).infer(TensorType((1, 2, 4, 4), DType.S8))


def test_adaptive_agrees_with_its_definition(native):
    x = np.random.default_rng(1).standard_normal((1, 7, 5, 18)).astype(np.float32)
    for output in ((1, 1), (3, 2), (7, 5), (9, 11)):
        op = AdaptivePool2d("average", output, layout="nhwc")
        (result,) = native(op, [x])
        for i, j in np.ndindex(*output):
            rows, columns = (slice(at * extent // count, -(-(at + 1) * extent // count))
                             for at, extent, count in zip((i, j), (7, 5), output))
            part = x[:, rows, columns]
            np.testing.assert_allclose(result[:, i, j], part.mean(axis=(1, 2)), rtol=1e-5, atol=1e-6)
