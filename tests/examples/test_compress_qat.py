# SPDX-License-Identifier: Apache-2.0
"""The examples of quantization that is trained run, and lose little."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
FOLDER = Path(__file__).resolve().parents[2] / "examples" / "compress"


@pytest.fixture(autouse=True)
def needs_torch() -> None:
    pytest.importorskip("torch", reason="torch is not installed: pip install '.[slim]'")


def test_small_nets_lose_little(python: Callable) -> None:
    if not os.environ.get("LITE_TEST_DATA"):
        pytest.skip("LITE_TEST_DATA is not set: it holds the nets and pictures")
    run = python(str(FOLDER / "qat_small.py"), "--seeds=1", "--images=640", "--epochs=1", "--json")
    assert run.returncode == 0, run.stderr
    rows = json.loads(run.stdout)
    lost = {(row["net"], row["form"], row["bits"]): row["lost"] for row in rows}
    assert lost["resnet8", "qat", "7"] < lost["resnet8", "ptq", "7"] - 0.5
    few = ("digits", "7"), ("digits", "8"), ("resnet8", "8")
    assert all(lost[net, "qat", bits] <= 1 for net, bits in few)
    assert all(row["agree"] >= 99 for row in rows if row["form"] == "qat")


def test_without_data_it_says_so(python: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LITE_TEST_DATA", raising=False)
    run = python(str(FOLDER / "qat_small.py"))
    assert run.returncode == 2 and "say --data, or set LITE_TEST_DATA" in run.stderr
