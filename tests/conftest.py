# SPDX-License-Identifier: Apache-2.0
"""What all tests may use."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Python = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def python(tmp_path: Path) -> Python:
    """Runs a new interpreter with the arguments given and returns how it ended.

    It starts in an empty folder: in the project's own, it would take sources that have no native module
    for what is installed.
    """

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True)

    return run
