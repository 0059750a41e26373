# SPDX-License-Identifier: Apache-2.0
"""Real networks: against their ONNX twins, what OpenCV gives, and labelled images."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("lite._native")
from lite import Model, convert_to_bytes

DATA = Path(os.environ.get("LITE_TEST_DATA", ""))
pytestmark = pytest.mark.skipif("LITE_TEST_DATA" not in os.environ, reason="LITE_TEST_DATA is not set")

MEAN = (104.0, 117.0, 123.0)  # of B, G and R in ImageNet
LEAST_RIGHT = 283  # of 400 images; it was 287


def _outputs(model: Path, x: np.ndarray) -> dict[str, np.ndarray]:
    session = Model(convert_to_bytes(model)[0]).session(threads=2)
    return session.run({session.inputs[0].name: x})


@pytest.mark.parametrize(("twin", "output"), [("", "scores"), ("_without_postprocessing", "boxes")])
def test_ultraface_gives_what_its_onnx_twins_give(twin: str, output: str) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    onnxruntime.set_default_logger_severity(3)
    folder = DATA / "models" / "ultraface"
    x = np.random.default_rng(0).uniform(-1, 1, (1, 3, 240, 320)).astype(np.float32)
    expected = onnxruntime.InferenceSession(folder / f"version-RFB-320{twin}.onnx").run(
        [output], {"input": x}
    )[0]
    assert np.abs(_outputs(folder / "RFB-320.caffemodel", x)[output] - expected).max() <= 2e-6 * np.ptp(
        expected
    )


@pytest.mark.parametrize(("name", "side"), [("det1", 12), ("det2", 24), ("det3", 48)])
def test_mtcnn_gives_what_opencv_gave(name: str, side: int) -> None:
    x = np.random.default_rng(side).uniform(-1, 1, (1, 3, side, side)).astype(np.float32)
    found = _outputs(DATA / "models" / "mtcnn" / f"{name}.prototxt", x)
    with np.load(Path(__file__).with_name("mtcnn.npz")) as stored:
        expected = {key.split(":")[1]: stored[key] for key in stored if key.split(":")[0] == name}
    assert set(found) == set(expected)
    for output, array in expected.items():
        np.testing.assert_allclose(found[output], array, rtol=0, atol=2e-6 * max(1, np.abs(array).max()))


@pytest.mark.slow
def test_squeezenet_tells_images_apart() -> None:
    image = pytest.importorskip("PIL.Image")
    folder = DATA / "data" / "imagenet_val400"
    session = Model(convert_to_bytes(DATA / "models" / "squeezenet_dc")[0]).session(threads=2)
    right = 0
    for row in (folder / "labels.txt").read_text().splitlines():
        name, label = row.split()
        pixels = np.asarray(image.open(folder / name).convert("RGB"), np.float32)[..., ::-1] - np.array(MEAN)
        scores = session(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32))
        right += int(np.argmax(scores)) == int(label)
    assert right >= LEAST_RIGHT
