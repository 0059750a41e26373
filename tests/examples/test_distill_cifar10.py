# SPDX-License-Identifier: Apache-2.0
"""The example's student trains beside a teacher of another format."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "compress" / "distill_cifar10.py"


def test_a_student_has_a_teacher_of_another_format(python: Callable) -> None:
    pytest.importorskip("torch", reason="torch is not installed: pip install '.[slim]'")
    if not os.environ.get("LITE_TEST_DATA"):
        pytest.skip("LITE_TEST_DATA is not set: it holds the teacher and the pictures")
    data = Path(os.environ["LITE_TEST_DATA"]).resolve()
    run = python(str(EXAMPLE), f"--data={data}", "--seeds=1", "--images=128", "--epochs=2", "--json")
    assert run.returncode == 0, run.stderr
    seed, mean = json.loads(run.stdout)
    assert 5 < seed["alone"] < 60 and 5 < seed["distilled"] < 60  # too short to say more
    assert mean["gain"] == pytest.approx(seed["distilled"] - seed["alone"])
