# SPDX-License-Identifier: Apache-2.0
"""Trained models of all formats, exported: onnxruntime gives what our engine gives; so does the way back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lite
from lite.images import network_input

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

DATA = os.environ.get("LITE_TEST_DATA")
FLOAT_TOLERANCE = 2e-5  # of the range of an output: sums have another order there
STEP = 0.05  # of the range: of integers that another engine rounds otherwise at times
OPEN = (1, 3, 64, 64)  # extents of an input's axes where a model leaves them open
FLOATS = {
    "efficientnet_lite0/efficientnet_lite0.onnx": OPEN,
    "fastestdet/FastestDet.onnx": OPEN,
    "mlperf_tiny/kws_ref_model_float32.tflite": OPEN,
    "mlperf_tiny/pretrainedResnet.tflite": OPEN,
    "mlperf_tiny/vww_96_float.tflite": OPEN,
    "mobilenet_v2_paddle": (1, 3, 224, 224),
    "mobilenet_v2_torchvision/mobilenet_v2.onnx": (2, 3, 224, 224),
    "mtcnn/det1.caffemodel": OPEN,
    "mtcnn/det2.caffemodel": OPEN,
    "mtcnn/det3.caffemodel": OPEN,
    "paddle_formats/pd2/digitsnet": OPEN,
    "paddle_formats/pd2_legacy_separate/tinynet": OPEN,
    "paddle_formats/quantized/dynamic_int8/quantized_model": OPEN,
    "ppocrv4_paddle/ch_PP-OCRv4_det_infer": (1, 3, 320, 320),
    "ppocrv4_paddle/ch_PP-OCRv4_rec_infer": (1, 3, 48, 320),
    "ppocrv4_paddle/ch_ppocr_mobile_v2_cls_infer": (1, 3, 48, 192),
    "squeezenet_dc/SqueezeNet_v1.0.caffemodel": OPEN,
    "tflite_imagenet/mobilenet_v1_0.25_224_fp32.tflite": OPEN,
    "ultraface/RFB-320.caffemodel": OPEN,
    "ultraface/version-RFB-320.onnx": OPEN,
    "ultraface/version-RFB-320_without_postprocessing.tflite": OPEN,
}
INTEGERS = {
    "mlperf_tiny/kws_ref_model.tflite": OPEN,
    "mlperf_tiny/pretrainedResnet_quant.tflite": OPEN,
    "mlperf_tiny/vww_96_int8.tflite": OPEN,
    "paddle_formats/quantized/ptq_mse_fakeops": OPEN,
    "paddle_formats/quantized/ptq_hist_onnxfmt": OPEN,
    "paddle_formats/quantized/qat_dygraph_fakeops": OPEN,
    "tflite_imagenet/mobilenet_v1_0.25_224_quant.tflite": OPEN,
}
IMAGENET = {
    "mobilenet_v2_torchvision/mobilenet_v2.onnx":
        lite.Preprocess(crop=224, mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375)),
    "efficientnet_lite0/efficientnet_lite0.onnx": lite.Preprocess(crop=224, mean=(127.0,), std=(128.0,)),
}  # fmt: skip


def located(relative: str) -> Path:
    if not DATA:
        pytest.skip("LITE_TEST_DATA is not set")
    return Path(DATA) / relative


def run_onnx(model: bytes, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    onnx.checker.check_model(model, full_check=True)
    onnxruntime.set_default_logger_severity(4)
    session: Any = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    assert [item.name for item in session.get_inputs()] == list(feeds)
    names = [item.name for item in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds)))


def run_lite(nb: bytes, shape: tuple[int, ...]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What goes in and what comes out."""
    model = lite.Model(nb)
    session = model.session()
    random, feeds = np.random.default_rng(5), {}
    for info in model.inputs:
        extents = tuple(extent if isinstance(extent, int) and extent > 0 else shape[axis]
                        for axis, extent in enumerate(info.shape))
        numbers = random.standard_normal(extents) * (1 if info.dtype.kind == "f" else 40)
        feeds[info.name] = numbers.clip(-128 if info.dtype.kind != "u" else 0, 127).astype(info.dtype)
    session.resize({name: array.shape for name, array in feeds.items()})
    return feeds, session.run(feeds)


def worst(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> float:
    """The greatest difference of an output, as a part of its range."""
    assert list(found) == list(expected)
    parts = [0.0]
    for name, array in expected.items():
        assert (found[name].shape, found[name].dtype) == (array.shape, array.dtype)
        wide = array.astype(np.float64)
        difference = np.abs(found[name] - wide).max(initial=0)
        parts.append(difference / max(np.ptp(wide) if wide.size else 0.0, 1e-2))
    return max(parts)


@pytest.mark.parametrize("name", [*FLOATS, *INTEGERS])
def test_same_answers(name: str) -> None:
    source, shape = located(f"models/{name}"), {**FLOATS, **INTEGERS}[name]
    feeds, expected = run_lite(lite.convert_to_bytes(source)[0], shape)
    exported, report = lite.export_to_bytes(source)
    assert bool(report.quantized_values) is (name in INTEGERS)
    _, again = run_lite(lite.convert_to_bytes(exported)[0], shape)
    if name in INTEGERS and name.endswith(".tflite"):
        expected = again  # sums are rounded twice before, for which ONNX has no word
    assert worst(run_onnx(exported, feeds), expected) <= (STEP if name in INTEGERS else FLOAT_TOLERANCE)
    for output, array in expected.items():
        np.testing.assert_array_equal(again[output], array)


@pytest.mark.slow
@pytest.mark.parametrize("name", IMAGENET)
def test_int8_gives_the_same_bits_in_onnxruntime(name: str) -> None:
    photos = sorted(located("data/imagenet_val400").glob("*.JPEG"))
    settings = lite.StaticPTQ(data=located("data/imagenet_calib200"), num=16)
    nb, _ = lite.convert_to_bytes(located(f"models/{name}"), preprocess=IMAGENET[name], quantize=settings)
    exported, report = lite.export_to_bytes(nb)
    assert report.nodes["QuantizeLinear"] > 40 and "Gather" not in report.nodes
    model = lite.Model(nb)
    session, (info,) = model.session(), model.inputs
    theirs: Any = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    for photo in photos[:: len(photos) // 20]:
        x = network_input(photo, (1, 3, 224, 224), IMAGENET[name])
        (expected,) = session.run(None, {info.name: x})
        np.testing.assert_array_equal(theirs.run(None, {info.name: x})[0], expected)
