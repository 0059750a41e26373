# SPDX-License-Identifier: Apache-2.0
"""What `import lite` loads: numpy and the native module, nothing heavier."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("onnx", "flatbuffers", "google.protobuf", "click", "rich", "PIL", "scipy", "torch", "lite.ir",
         "lite.ops", "lite.importers", "lite.passes", "lite.nb", "lite.cli")  # fmt: skip


def loaded_after(statement: str) -> set[str]:
    """Modules that a fresh interpreter has after a statement."""
    program = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_lite_is_light() -> None:
    assert loaded_after("import lite").isdisjoint(HEAVY)


def test_running_a_model_needs_no_graph() -> None:
    found = loaded_after("from lite.session import Model")
    assert "lite._native" in found and "numpy" in found
    assert found.isdisjoint(HEAVY)


def test_the_command_line_loads_no_command_before_it_is_asked_for() -> None:
    found = loaded_after("from lite.cli._app import app")
    assert found.isdisjoint({"lite.cli.opt", "lite.cli.run", "lite.session", "onnx", "rich", "numpy"})
