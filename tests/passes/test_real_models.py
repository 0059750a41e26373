# SPDX-License-Identifier: Apache-2.0
"""What is left of real models, and that they still say the same."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from lite import importers
from lite.passes import pipeline

DATA = os.environ.get("LITE_TEST_DATA")
pytestmark = pytest.mark.skipif(DATA is None, reason="LITE_TEST_DATA is not set: no real models")

CLASSIFIER = {"transpose": 1, "reduce_mean": 1, "fully_connected": 1}
MODELS = {  # path: free extents, ops that are left
    "mobilenet_v2_torchvision/mobilenet_v2.onnx": ({}, {"conv2d": 52, **CLASSIFIER}),
    "mobilenet_v2_paddle": ({}, {"conv2d": 52, **CLASSIFIER}),
    "efficientnet_lite0/efficientnet_lite0.onnx": ({}, {"conv2d": 49, **CLASSIFIER}),
    "ultraface/version-RFB-320_without_postprocessing.onnx": ({}, {
        "conv2d": 52, "reshape": 8, "concat": 3, "transpose": 1, "softmax": 1}),
    "fastestdet/FastestDet.onnx": ({}, {
        "conv2d": 70, "slice": 26, "concat": 19, "pool2d": 2, "resize": 1, "softmax": 1, "transpose": 2}),
    "ppocrv4_paddle/ch_PP-OCRv4_det_infer": ({"x_2": 64, "x_3": 96}, {
        "conv2d": 62, "add": 11, "mul": 10, "reduce_mean": 10, "resize": 6, "conv2d_transpose": 2,
        "concat": 1, "reshape": 1, "transpose": 1}),
    "ppocrv4_paddle/ch_PP-OCRv4_rec_infer": ({"x_3": 64}, {
        "conv2d": 38, "reshape": 13, "fully_connected": 9, "mul": 4, "slice": 6, "layer_norm": 5,
        "transpose": 5, "matmul": 4, "softmax": 3, "reduce_mean": 2, "concat": 1, "pool2d": 1}),
    "ppocrv4_paddle/ch_ppocr_mobile_v2_cls_infer": ({"x_2": 48, "x_3": 192}, {
        "conv2d": 53, "reduce_mean": 10, "mul": 9, "transpose": 1, "pool2d": 1, "fully_connected": 1,
        "softmax": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_what_is_left_of_a_model(name, try_passes) -> None:
    graph = importers.load(Path(str(DATA)) / "models" / name)
    extents, expected = MODELS[name]
    if name.endswith(".onnx"):
        pytest.importorskip("onnx")
    free = {symbol: 1 for symbol in graph.symbols} | extents
    tried = try_passes(graph, *pipeline.standard(), symbols=free, tolerance=2e-5, again=False)
    assert Counter(tried.ops) == Counter(expected)
