# SPDX-License-Identifier: Apache-2.0
"""What `import lite` loads: numpy and the native module, nothing heavier."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import lite

HEAVY = ("onnx", "flatbuffers", "google.protobuf", "click", "rich", "PIL", "scipy", "torch", "lite.ir",
         "lite.ops", "lite.importers", "lite.passes", "lite.nb", "lite.cli")  # fmt: skip


def loaded_after(python: Callable, statement: str) -> set[str]:
    """Modules that a fresh interpreter has after a statement."""
    run = python("-c", f"import sys; {statement}; print('\\n'.join(sys.modules))")
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_importing_lite_is_light(python: Callable) -> None:
    assert loaded_after(python, "import lite").isdisjoint(HEAVY)


def test_running_a_model_needs_no_graph(python: Callable) -> None:
    found = loaded_after(python, "from lite.session import Model")
    assert "lite._native" in found and "numpy" in found
    assert found.isdisjoint(HEAVY)


def test_the_command_line_loads_no_command_before_it_is_asked_for(python: Callable) -> None:
    found = loaded_after(python, "from lite.cli._app import app")
    assert found.isdisjoint({"lite.cli.opt", "lite.cli.run", "lite.session", "onnx", "rich", "numpy"})


def test_compression_without_pytorch_says_how_to_get_it(python: Callable) -> None:
    if importlib.util.find_spec("torch") is not None:
        pytest.skip("PyTorch is installed")
    for statement in ("from lite import slim; slim.to_torch", "import lite; lite.from_torch"):
        run = python("-c", statement)
        assert "MissingDependencyError" in run.stderr and "pip install torch" in run.stderr


@pytest.mark.parametrize("statement", ["lite.Model('m.nb')", "lite.convert('m.onnx')"])
def test_sources_that_were_not_built_say_so(statement: str, tmp_path: Path) -> None:
    package = Path(lite.__file__).parent
    unbuilt = shutil.ignore_patterns("_native*.so", "schema.py", "__pycache__")
    shutil.copytree(package, tmp_path / "lite", ignore=unbuilt)
    run = subprocess.run([sys.executable, "-c", f"import lite; {statement}"], cwd=tmp_path,
                         env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True)
    assert "MissingDependencyError" in run.stderr and "pip install -e ." in run.stderr
