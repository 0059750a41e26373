# SPDX-License-Identifier: Apache-2.0
"""`lite compress`: a file of settings, a smaller model, and what is said about both."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import lite

pytest.importorskip("onnx")
pytest.importorskip("yaml")


@pytest.fixture
def config(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    random = np.random.RandomState(4)
    np.save(tmp_path / "images.npy", random.uniform(-1, 1, (12, 3, 4, 4)).astype(np.float32))
    path = tmp_path / "act.yaml"
    path.write_text(f"model: {source.name}\noutput: small.nb\ndata: images.npy\nQuantPost:\n  algo: abs_max\n"
                    "Global:\n  max_loss: 0.3\n  use_gpu: true\n")
    return path


def test_a_file_makes_a_model(cli: Callable, config: Path, tmp_path: Path) -> None:
    outcome = cli("compress", config)
    assert outcome.code == 0 and not outcome.err
    assert "small.nb: ptq" in outcome.out and "goal    reached" in outcome.out
    assert "line 8, Global.use_gpu has no effect" in outcome.out and outcome.out.count("use_gpu") == 1
    assert lite.Model(tmp_path / "small.nb").outputs
    assert json.loads((tmp_path / "small.act" / "report.json").read_text())["chosen"] == "ptq"
    assert (tmp_path / "small.act" / "report.html").exists()


def test_output_work_and_json(cli: Callable, config: Path, tmp_path: Path) -> None:
    outcome = cli("compress", config, "-o", tmp_path / "other.nb", "--work", tmp_path / "w", "--json")
    found = json.loads(outcome.out)
    assert found["chosen"] == "ptq" and found["path"] == str(tmp_path / "other.nb")
    assert (tmp_path / "w").is_dir() and not (tmp_path / "small.nb").exists()


def test_explain_and_dry_run_write_nothing(cli: Callable, config: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    outcome = cli("compress", config, "--explain")
    assert outcome.code == 0 and "2. ptq" in outcome.out and "12 samples of" in outcome.out
    outcome = cli("compress", config, "--dry_run")
    assert outcome.code == 0 and "nothing is written" in outcome.out
    assert cli("compress", config, "--explain", "--json").code == 0
    assert sorted(tmp_path.iterdir()) == before


def test_a_goal_that_is_not_reached_is_exit_code_1(cli: Callable, config: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text() + "TrainConfig: {target_metric: 2}\n")
    outcome = cli("compress", config)
    assert outcome.code == 1 and "NOT reached" in outcome.out and (tmp_path / "small.nb").exists()


def test_the_example(cli: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="training is PyTorch's")
    if not (Path(os.environ.get("LITE_TEST_DATA", "")) / "models/paddle_formats/pd2/digitsnet").is_dir():
        pytest.skip("LITE_TEST_DATA names no folder with paddle_formats/pd2/digitsnet")
    monkeypatch.chdir(tmp_path)
    example = Path(__file__).parents[2] / "examples/compress/act_digits.yaml"
    outcome = cli("compress", example, "--explain")
    assert "2. prune" in outcome.out and "3. qat" in outcome.out and "judge  top-1" in outcome.out
    outcome = cli("compress", example, "--dry_run", "--json")
    found = json.loads(outcome.out)
    assert outcome.code == 0 and [tried["name"] for tried in found["tried"]] == ["float", "prune", "qat"]
    assert found["metric"] == "top-1" and found["path"] == "" and not list(tmp_path.iterdir())


@pytest.mark.parametrize(("text", "words"), [
    ("Quantisation:\n", "did you mean 'Quantization'?"),
    ("Global: {max_loss: 3}\n", "line 1, Global.max_loss: it is 3, expected a number from 0 to 1"),
    ("model: none.onnx\noutput: x.nb\n", "none.onnx"),
    ("model: tiny.onnx\n", "nothing says where"),
    ("output: x.nb\n", "nothing says which model"),
    ("model: tiny.onnx\noutput: x.nb\ndata: none.npy\n", "none.npy"),
    ("model: tiny.onnx\noutput: x.nb\nQuantPost:\n", "need data"),
])  # fmt: skip
def test_bad_use_is_told(cli: Callable, config: Path, tmp_path: Path, text: str, words: str) -> None:
    config.write_text(text)
    outcome = cli("compress", config)
    assert outcome.code == 1 and words in outcome.err and not (tmp_path / "x.nb").exists()
    assert 1 <= len(outcome.err.splitlines()) <= 2
