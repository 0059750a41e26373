# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import random

import numpy as np
import pytest

from lite.errors import LiteError, ShapeError
from lite.ir import DType, TensorType
from lite.ops._resize import COORDINATES, NEAREST
from lite.ops.resize import Resize

FACTORS = (0.5, 2, 3, 4, 1.5, 0.3, 0.25, 1 / 3, 2 / 3, 1)


def _cases(mode, count):
    chance = random.Random(mode)
    for seed in range(count):
        extents = (chance.randint(1, 13), chance.randint(1, 13))
        scales, size = (0.0, 0.0), (chance.randint(1, 20), chance.randint(1, 20))
        if chance.random() < 0.5:
            factors = [chance.choice([*FACTORS, chance.uniform(0.2, 4)]) for _ in range(2)]
            scales = tuple(float(np.float32(factor)) for factor in factors)
            size = tuple(int(np.float32(scale * extent)) for scale, extent in zip(scales, extents))
        if min(size) < 1 or size == extents:  # onnxruntime copies what keeps its shape
            continue
        op = Resize(size, mode, chance.choice(COORDINATES), chance.choice(NEAREST), scales,
                    cubic_coeff_a=chance.choice((-0.75, -0.5)),
                    exclude_outside=mode == "cubic" and chance.random() < 0.4)
        yield op, np.random.default_rng(seed).standard_normal((1, 2, *extents)).astype(np.float32)


def _theirs(op, x, run_node):
    attributes = {"mode": op.mode, "coordinate_transformation_mode": op.coordinates}
    if op.mode == "nearest":
        attributes["nearest_mode"] = op.nearest
    if op.mode == "cubic":
        attributes.update(cubic_coeff_a=op.cubic_coeff_a, exclude_outside=int(op.exclude_outside))
    scales = np.array([1, 1, *op.scales], np.float32) if op.scales[0] else None
    sizes = None if op.scales[0] else np.array([*x.shape[:2], *op.size], np.int64)
    inputs = [x, None, scales] if sizes is None else [x, None, None, sizes]
    return run_node("Resize", inputs, opset=18, **attributes)[0]


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
def test_agrees_with_onnxruntime_and_the_engine(mode, run_node, native):
    compared = 0
    for op, x in _cases(mode, 500):
        theirs, ours = _theirs(op, x, run_node), op.reference(x)
        (result,) = native(op.replace(layout="nhwc"), [x.transpose(0, 2, 3, 1).copy()])
        for found in (ours, result.transpose(0, 3, 1, 2)):
            if mode == "nearest":
                assert np.array_equal(found, theirs), op
            else:
                np.testing.assert_allclose(found, theirs, rtol=1e-5, atol=3e-6, err_msg=str(op))
        compared += 1
    assert compared > 350


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 16, 24, 37, 96])
def test_any_number_of_channels(channels, native):
    x = np.random.default_rng(channels).standard_normal((2, 5, 7, channels)).astype(np.float32)
    for mode in ("nearest", "linear", "cubic"):
        op = Resize((11, 9), mode, layout="nhwc")
        np.testing.assert_allclose(native(op, [x])[0], op.reference(x), rtol=1e-5, atol=2e-6)


def test_same_bits_for_any_number_of_threads(native):
    x = np.random.default_rng(0).standard_normal((2, 40, 30, 24)).astype(np.float32)
    for mode in ("nearest", "linear", "cubic"):
        op = Resize((83, 61), mode, layout="nhwc")
        alone = native(op, [x])[0]
        for threads in (2, 4):
            assert np.array_equal(native(op, [x], threads=threads)[0], alone)


@pytest.mark.parametrize("dtype", [DType.S8, DType.U16, DType.F16, DType.S64, DType.BOOL])
def test_nearest_moves_any_dtype(dtype, native):
    x = np.random.default_rng(0).integers(0, 2, (1, 3, 4, 5)).astype(dtype.numpy)
    op = Resize((7, 6), layout="nhwc")
    assert np.array_equal(native(op, [x])[0], op.reference(x))


def test_refuses():
    image = TensorType((1, 2, 3, 4))
    for op in (Resize((0, 4)), Resize((2, 2), mode="area"), Resize((2, 2), coordinates="tf_crop_and_resize"),
               Resize((2, 2), nearest="simple")):
        with pytest.raises(ShapeError):
            op.infer(image)
    with pytest.raises(ShapeError, match="expected a float"):
        Resize((2, 2), mode="linear").infer(image.with_dtype(DType.U8))


def test_wild_scales_of_a_damaged_file_stay_inside(native):
    x = np.ones((1, 3, 4, 5), np.float32)
    for mode in ("nearest", "linear", "cubic"):
        op = Resize((7, 6), mode, layout="nhwc")
        for scale in (1e-30, 1e30, -1.0, float("nan"), float("inf")):
            try:
                (result,) = native(op, [x], claimed=op.replace(scales=(scale, scale)))
            except LiteError:
                continue
            assert result.shape == (1, 7, 6, 5)
