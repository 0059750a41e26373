# SPDX-License-Identifier: Apache-2.0
"""Whole networks: the light nets that onnx carries, and real trained models against onnxruntime."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import lite_backend
import numpy as np
import onnx
import onnx.backend.test
import pytest
import tiny

from lite import importers
from lite.ir.verify import verify

LIGHT = sorted((Path(onnx.backend.test.__file__).parent / "data" / "light").glob("light_*.onnx"))
DATA = os.environ.get("LITE_TEST_DATA")
TOLERANCE = 1e-4  # of the range of an output


@pytest.mark.parametrize("path", LIGHT, ids=lambda path: path.stem)
def test_light_nets(path: Path) -> None:
    """Their weights are all equal: what they test is that every shape fits."""
    expected_file = path.with_name(f"{path.stem}_output_0.pb")
    graph = importers.load(path)
    (x,) = graph.inputs
    count = int(x.type.count)  # type: ignore[arg-type]
    image = (np.arange(count).reshape(x.type.shape) / count).astype(np.float32)  # type: ignore[arg-type]
    (output,) = lite_backend.runner(graph, native=True)({x.name: image}).values()
    expected = onnx.numpy_helper.to_array(onnx.load_tensor(str(expected_file)))
    assert output.shape == expected.shape
    np.testing.assert_allclose(output, expected, rtol=1e-3, atol=1e-5)


def test_there_are_nine_light_nets() -> None:
    assert len(LIGHT) == 9


def model(relative: str) -> Path:
    if not DATA:
        pytest.skip("LITE_TEST_DATA is not set")
    return Path(DATA) / "models" / relative


def twin(pattern: str) -> Path:
    """A PP-OCR model in ONNX form, from the package rapidocr-onnxruntime."""
    spec = importlib.util.find_spec("rapidocr_onnxruntime")
    if spec is None or spec.origin is None:
        pytest.skip("rapidocr-onnxruntime is not installed")
    (path,) = (Path(spec.origin).parent / "models").glob(pattern)
    return path


def agrees(path: Path, *shapes: tuple[int, ...], native: bool = True) -> None:
    """The model gives what onnxruntime gives, for each shape of its input."""
    graph = importers.load(path)
    verify(graph)
    (x,) = graph.inputs
    run = lite_backend.runner(graph, native)
    session: Any = tiny.onnxruntime_session(path)
    names = [output.name for output in session.get_outputs()]
    for shape in shapes:
        image = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
        expected = dict(zip(names, session.run(None, {x.name: image})))
        found = run({x.name: image})
        assert list(found) == names
        for name, array in expected.items():
            assert found[name].shape == array.shape
            difference = float(np.abs(found[name] - array).max())
            assert difference <= TOLERANCE * max(float(np.ptp(array)), 1e-3), (name, shape)


IMAGENET = [(1, 3, 224, 224), (2, 3, 224, 224)]


@pytest.mark.parametrize("native", [True, False], ids=["native", "reference"])
@pytest.mark.parametrize(
    ("relative", "shapes"),
    [
        ("mobilenet_v2_torchvision/mobilenet_v2.onnx", IMAGENET),
        ("efficientnet_lite0/efficientnet_lite0.onnx", IMAGENET),
        ("ultraface/version-RFB-320.onnx", [(1, 3, 240, 320)]),
        ("ultraface/version-RFB-320_without_postprocessing.onnx", [(1, 3, 240, 320)]),
        ("fastestdet/FastestDet.onnx", [(1, 3, 352, 352)]),
    ],
)
def test_real_models(relative: str, shapes: list[tuple[int, ...]], native: bool) -> None:
    agrees(model(relative), *shapes, native=native)


@pytest.mark.parametrize(
    ("pattern", "shapes"),
    [
        ("*det*.onnx", [(1, 3, 160, 224), (2, 3, 96, 320)]),
        ("*rec*.onnx", [(1, 3, 48, 320), (3, 3, 48, 100)]),
        ("*cls*.onnx", [(1, 3, 48, 192), (4, 3, 48, 192)]),
    ],
)
def test_ocr_models_with_open_extents(pattern: str, shapes: list[tuple[int, ...]]) -> None:
    agrees(twin(pattern), *shapes)
