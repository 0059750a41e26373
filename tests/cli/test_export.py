# SPDX-License-Identifier: Apache-2.0
"""`lite export`: source models and .nb files as ONNX."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import lite

onnxruntime = pytest.importorskip("onnxruntime")
IMAGE = np.random.default_rng(2).standard_normal((1, 3, 4, 4)).astype(np.float32)


def scores(path: Path) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"image": IMAGE})[0])


def test_a_nb_becomes_onnx(cli: Callable, save_onnx: Callable, expected_scores: Callable,
                           tmp_path: Path) -> None:  # fmt: skip
    nb, out = tmp_path / "small.nb", tmp_path / "out.onnx"
    lite.convert(save_onnx(tmp_path / "small.onnx"), nb)
    outcome = cli("export", nb, "-o", out)
    assert outcome.code == 0 and "opset 20" in outcome.out
    np.testing.assert_allclose(scores(out), expected_scores(IMAGE), rtol=1e-5, atol=1e-5)


def test_quantized_on_the_way(cli: Callable, save_onnx: Callable, expected_scores: Callable,
                              tmp_path: Path) -> None:  # fmt: skip
    np.savez(tmp_path / "samples.npz", image=np.repeat(IMAGE, 4, axis=0))
    out = tmp_path / "int8.onnx"
    source = save_onnx(tmp_path / "small.onnx")
    outcome = cli("export", source, "--calib_data", tmp_path / "samples.npz", "-o", out, "--json")
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["path"] == str(out) and found["quantization"]["samples"] == 4
    np.testing.assert_allclose(scores(out), expected_scores(IMAGE), atol=0.1)


def test_flags_for_a_source_model_do_not_fit_a_nb(cli: Callable, save_onnx: Callable, tmp_path: Path) -> None:
    lite.convert(save_onnx(tmp_path / "small.onnx"), tmp_path / "small.nb")
    outcome = cli("export", tmp_path / "small.nb", "--input_shape", "image:1,3,4,4")
    assert (outcome.code, outcome.out) == (1, "")
    assert "exported as it is" in outcome.err
