# SPDX-License-Identifier: Apache-2.0
"""Objects compiled for an instruction set export no weak symbol: a linker could keep that copy for everyone."""

from __future__ import annotations

import shutil
import subprocess

import pytest

pytestmark = pytest.mark.slow


def test_no_weak_symbols(build):
    if shutil.which("nm") is None:
        pytest.skip("nm is not installed")
    objects = sorted((build("release", "lite_core") / "CMakeFiles/lite_core.dir").glob("**/kernels/*_*.o"))
    assert len(objects) > 4
    for path in objects:
        lines = subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout.splitlines()
        weak = [line for line in lines if line.split()[-2] in "WVwvu"]
        assert not weak, f"{path.name}: {weak}"
