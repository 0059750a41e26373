# SPDX-License-Identifier: Apache-2.0
"""Generated pages are current, and the README's commands are those that exist."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_ops_page_is_current() -> None:
    pytest.importorskip("onnx")
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "tools" / "make_docs.py")
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert (ROOT / "docs" / "ops.md").read_text(encoding="utf-8") == tool.page(), (
        "run python tools/make_docs.py"
    )


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    assert pages
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert "://" in target or (page.parent / target).exists(), f"{page.name} links to {target}"


def test_version_is_said_once_or_alike() -> None:
    import lite

    cmake = re.search(r"project\(lite VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())
    project = re.search(r'^version = "([\d.]+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert cmake is not None and project is not None
    assert cmake[1] == project[1] == lite.__version__
