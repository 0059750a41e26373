# SPDX-License-Identifier: Apache-2.0
"""Lets the tests of this folder, and tools/onnx_node_tests.py, share modules."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="the extra onnx is not installed")
sys.path.insert(0, str(Path(__file__).resolve().parent))
