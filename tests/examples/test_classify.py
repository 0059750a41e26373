# SPDX-License-Identifier: Apache-2.0
"""The example runs as its first line says, is typed, and sees what is in a picture."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "classify.py"


def test_it_says_how_to_call_it(python: Callable) -> None:
    pytest.importorskip("PIL")
    run = python(str(EXAMPLE))
    assert run.returncode == 1 and "python examples/classify.py model.onnx photo.jpg" in run.stderr


def test_it_is_typed(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(EXAMPLE)]
    run = subprocess.run(command, cwd=EXAMPLE.parents[1], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


def test_it_names_the_classes_of_pictures(python: Callable) -> None:
    if not os.environ.get("LITE_TEST_DATA"):
        pytest.skip("LITE_TEST_DATA is not set: it holds the model and the pictures")
    data = Path(os.environ["LITE_TEST_DATA"]).resolve()
    rows = (data / "data" / "imagenet_val400" / "labels.txt").read_text().split("\n")[:20]
    labels = {str(data / "data" / "imagenet_val400" / name): number for name, number in map(str.split, rows)}
    model = data / "models" / "mobilenet_v2_torchvision" / "mobilenet_v2.onnx"
    run = python(str(EXAMPLE), str(model), *labels)
    assert run.returncode == 0, run.stderr
    found = dict(line.split(" class ", 1) for line in run.stdout.splitlines())
    right = sum(found[picture].split()[0] == number for picture, number in labels.items())
    assert right >= len(labels) * 3 // 5
