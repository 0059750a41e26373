# SPDX-License-Identifier: Apache-2.0
"""The example of pruning runs, and what it trains again loses little."""

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


def test_half_of_the_multiply_adds_cost_little(python: Callable) -> None:
    if not os.environ.get("LITE_TEST_DATA"):
        pytest.skip("LITE_TEST_DATA is not set: it holds the net and the pictures")
    run = python(str(FOLDER / "prune_digits.py"), "--seeds=1", "--json")
    assert run.returncode == 0, run.stderr
    rows = {row["form"]: row for row in json.loads(run.stdout)}
    assert 50 <= rows["tuned"]["flops"] <= 55 and rows["tuned int8"]["smaller"] >= 50
    assert rows["tuned"]["lost"] <= 1.5 and rows["tuned int8"]["lost"] <= 1.5
