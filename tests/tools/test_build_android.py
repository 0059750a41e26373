# SPDX-License-Identifier: Apache-2.0
"""tools/build_android.sh: what it says without an NDK, and what an app gets with one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "build_android.sh"


def tool(*arguments: object, ndk: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "ANDROID_NDK"}
    if ndk is not None:
        environment["ANDROID_NDK"] = ndk
    return subprocess.run([str(word) for word in ("bash", TOOL, *arguments)], capture_output=True, text=True,
                          env=environment)  # fmt: skip


@pytest.mark.parametrize("arguments, said", [
    (("--abi", "mips"), "--abi is 'mips', expected arm64-v8a"),
    (("--abi",), "--abi wants a value"),
    (("all",), "does not know 'all'"),
])  # fmt: skip
def test_bad_use(arguments, said):
    done = tool(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_without_an_ndk(tmp_path):
    assert "ANDROID_NDK is not set" in tool().stderr
    done = tool(ndk=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"ANDROID_NDK is '{tmp_path}', which is no NDK" in done.stderr


def test_a_build_that_fails_shows_why(tmp_path):
    toolchain = tmp_path / "build" / "cmake" / "android.toolchain.cmake"
    toolchain.parent.mkdir(parents=True)
    toolchain.write_text('message(FATAL_ERROR "this ABI is not there: ${ANDROID_ABI}")\n')
    done = tool("--abi", "x86", "--out", tmp_path / "out", ndk=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "this ABI is not there: x86" in done.stderr and "build.log" in done.stderr
