# SPDX-License-Identifier: Apache-2.0
"""The example's student reads more digits with a teacher than alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "compress" / "distill_digits.py"


def test_it_says_what_data_it_needs(python: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="torch is not installed: pip install '.[slim]'")
    monkeypatch.delenv("LITE_TEST_DATA", raising=False)
    run = python(str(EXAMPLE))
    assert run.returncode == 2 and "say --data" in run.stderr and "Traceback" not in run.stderr


def test_a_teacher_helps(python: Callable) -> None:
    pytest.importorskip("torch", reason="torch is not installed: pip install '.[slim]'")
    if not os.environ.get("LITE_TEST_DATA"):
        pytest.skip("LITE_TEST_DATA is not set: it holds the digits")
    data = Path(os.environ["LITE_TEST_DATA"]).resolve()
    run = python(str(EXAMPLE), f"--data={data}", "--seeds=1", "--json")
    assert run.returncode == 0, run.stderr
    seed, mean = json.loads(run.stdout)
    assert seed["gain"] == pytest.approx(seed["distilled"] - seed["alone"]) == mean["gain"]
    assert mean["gain"] >= 0.5 and mean["distilled"] > 85
