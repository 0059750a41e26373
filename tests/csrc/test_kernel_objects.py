# SPDX-License-Identifier: Apache-2.0
"""Objects compiled for an instruction set export no weak symbol: a linker could keep it for everyone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def test_no_weak_symbols(build):
    if shutil.which("nm") is None:
        pytest.skip("nm is not installed")
    command = [sys.executable, "tools/check_symbols.py", build("release", "lite_core")]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
