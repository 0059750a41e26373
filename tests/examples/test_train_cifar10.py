# SPDX-License-Identifier: Apache-2.0
"""The example trains a net, and its int8 form answers as its float form does."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "train_cifar10.py"


def test_int8_answers_as_float_does(python: Callable, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed: pip install '.[slim]'")
    if not os.environ.get("LITE_TEST_DATA"):
        pytest.skip("LITE_TEST_DATA is not set: it holds the pictures")
    archive = Path(os.environ["LITE_TEST_DATA"]).resolve() / "data" / "cifar10_12k.tar.gz"
    folder = tmp_path / "trained"
    run = python(str(EXAMPLE), str(archive), "--epochs=1", "--images=2000", f"--folder={folder}")
    assert run.returncode == 0, run.stderr
    top1 = dict(re.findall(r"^(float|int8) +top-1 ([\d.]+)% of 2000", run.stdout, re.MULTILINE))
    assert float(top1["float"]) > 15, run.stdout  # guessing gets 10
    assert abs(float(top1["float"]) - float(top1["int8"])) <= 3
    changed = re.search(r"^changed answers: (\d+) of 2000", run.stdout, re.MULTILINE)
    assert changed and int(changed[1]) <= 200, run.stdout
    assert {path.name for path in folder.iterdir()} == {"resnet8.onnx", "resnet8.nb", "resnet8_int8.nb"}
    assert (folder / "resnet8_int8.nb").stat().st_size < (folder / "resnet8.nb").stat().st_size / 2
