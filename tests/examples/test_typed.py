# SPDX-License-Identifier: Apache-2.0
"""All examples hold against the types of lite and of PyTorch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def test_they_are_typed(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    pytest.importorskip("torch", reason="torch is not installed: pip install '.[slim]'")
    examples = sorted(map(str, (ROOT / "examples").rglob("*.py")))
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), *examples]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert len(examples) > 5 and run.returncode == 0, run.stdout
