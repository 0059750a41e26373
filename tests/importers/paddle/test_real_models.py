# SPDX-License-Identifier: Apache-2.0
"""Real models in every layout and form, against Paddle's own output, by the reference and by the kernels."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
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
    "pir/digitsnet", "pir/lenet", "pir/mobilenet_v1_025", "pir_static/tinynet",
]  # fmt: skip

Run = Callable[[Path], Callable[[np.ndarray], np.ndarray]]


def _reference(model: Path) -> Callable[[np.ndarray], np.ndarray]:
    graph = load(model)
    verify(graph)
    return lambda x: next(iter(interpret(graph, {graph.inputs[0].name: x}).values()))


def _kernels(model: Path) -> Callable[[np.ndarray], np.ndarray]:
    pytest.importorskip("lite._native")
    from lite import Model, convert_to_bytes

    session = Model(convert_to_bytes(model)[0]).session(threads=2)
    return lambda x: np.asarray(session(x))


@pytest.fixture(params=[_reference, _kernels], ids=["reference", "kernels"])
def run(request: pytest.FixtureRequest) -> Run:
    """Makes a function of one input of a model."""
    chosen: Run = request.param
    return chosen


@pytest.mark.parametrize("sample", SAMPLES)
def test_gives_paddles_output(sample: str, run: Run) -> None:
    folder = DATA / "models" / "paddle_formats" / sample
    x, expected = (np.load(folder / name)[:8] for name in ("input.npy", "output.npy"))
    output = run(folder)(x)
    assert output.shape == expected.shape
    assert np.abs(output - expected).max() <= 2e-5 * np.ptp(expected)


def test_mobilenet_v2_gives_what_its_onnx_twin_gives(run: Run) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    x = np.random.default_rng(0).standard_normal((1, 3, 224, 224)).astype(np.float32)
    twin = onnxruntime.InferenceSession(DATA / "models/mobilenet_v2_torchvision/mobilenet_v2.onnx")
    expected = twin.run(None, {twin.get_inputs()[0].name: x})[0]
    output = run(DATA / "models/mobilenet_v2_paddle")(x)
    assert np.abs(output - expected).max() <= 1e-5 * np.ptp(expected)


def _make_ocr() -> Any:
    spec = importlib.util.spec_from_file_location("make_ocr", Path(__file__).with_name("make_ocr.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OCR = _make_ocr()


@pytest.mark.parametrize("name", sorted(OCR.MODELS))
def test_ppocr_gives_what_paddle_gave_at_two_sizes(name: str, run: Run) -> None:
    folder, shapes = OCR.MODELS[name]
    answer = run(DATA / "models" / "ppocrv4_paddle" / folder)
    with np.load(Path(__file__).with_name("ocr.npz")) as archive:
        for seed, shape in enumerate(shapes):
            expected = archive[f"{name}_{seed}"]
            kept = OCR.kept(name, answer(OCR.image(shape, seed)))
            assert kept.shape == expected.shape
            assert np.abs(kept - expected).max() <= 1e-4
