# SPDX-License-Identifier: Apache-2.0
"""What needs PyTorch says so; the rest does without."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

WITHOUT = """
import sys
sys.modules["torch"] = None
import importlib.abc
class NoTorch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
del sys.modules["torch"]
sys.meta_path.insert(0, NoTorch())
from lite import slim
slim.compress, slim.explain, slim.QAT, slim.flops
try:
    slim.to_torch
except ImportError as error:
    print(error)
"""


def test_without_pytorch(python: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    done = python("-c", WITHOUT)
    assert "to_torch needs PyTorch, which is not installed" in done.stdout, done.stderr
    assert "pip install torch" in done.stdout
