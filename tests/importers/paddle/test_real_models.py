# SPDX-License-Identifier: Apache-2.0
"""Real models in every protobuf layout, against Paddle's own output."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lite.importers import load
from lite.ir.interpret import interpret
from lite.ir.verify import verify

DATA = Path(os.environ.get("LITE_TEST_DATA", ""))
pytestmark = pytest.mark.skipif("LITE_TEST_DATA" not in os.environ, reason="LITE_TEST_DATA is not set")

SAMPLES = [
    "fluid18_combined/lenet", "fluid18_combined/mobilenet_v1_025", "fluid18_separate/lenet",
    "fluid18_separate/mobilenet_v1_025", "pd2/digitsnet", "pd2/lenet", "pd2/mobilenet_v1_025",
    "pd2_legacy_combined/tinynet", "pd2_legacy_separate/tinynet", "pd2_static/tinynet",
]  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLES)
def test_gives_paddles_output(sample: str) -> None:
    folder = DATA / "models" / "paddle_formats" / sample
    x, expected = (np.load(folder / name)[:8] for name in ("input.npy", "output.npy"))
    graph = load(folder)
    verify(graph)
    (output,) = interpret(graph, {graph.inputs[0].name: x}).values()
    assert output.shape == expected.shape
    assert np.abs(output - expected).max() <= 1e-5 * np.ptp(expected)


def test_mobilenet_v2_gives_what_its_onnx_twin_gives() -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    x = np.random.default_rng(0).standard_normal((2, 3, 224, 224)).astype(np.float32)
    twin = onnxruntime.InferenceSession(DATA / "models/mobilenet_v2_torchvision/mobilenet_v2.onnx")
    expected = np.concatenate(
        [twin.run(None, {twin.get_inputs()[0].name: x[i : i + 1]})[0] for i in range(2)]
    )
    graph = load(DATA / "models/mobilenet_v2_paddle")
    verify(graph)
    (output,) = interpret(graph, {"x": x}).values()
    assert np.abs(output - expected).max() <= 1e-5 * np.ptp(expected)


def _make_ocr() -> Any:
    spec = importlib.util.spec_from_file_location("make_ocr", Path(__file__).with_name("make_ocr.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OCR = _make_ocr()


@pytest.mark.parametrize("name", sorted(OCR.MODELS))
def test_ppocr_gives_what_paddle_gave_at_two_sizes(name: str) -> None:
    folder, shapes = OCR.MODELS[name]
    graph = load(DATA / "models" / "ppocrv4_paddle" / folder)
    verify(graph)
    with np.load(Path(__file__).with_name("ocr.npz")) as archive:
        for seed, shape in enumerate(shapes):
            expected = archive[f"{name}_{seed}"]
            (output,) = interpret(graph, {"x": OCR.image(shape, seed)}).values()
            assert OCR.kept(name, output).shape == expected.shape
            assert np.abs(OCR.kept(name, output) - expected).max() <= 1e-4
