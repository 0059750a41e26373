# SPDX-License-Identifier: Apache-2.0
"""tools/build_arm.sh: what it says when something is missing, and that what it builds runs, emulated."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "build_arm.sh"
MACHINES = {
    "aarch64": ("aarch64-linux-gnu-g++", "qemu-aarch64", b"\x02\x01\x01", 183),
    "armv7": ("arm-linux-gnueabihf-g++", "qemu-arm", b"\x01\x01\x01", 40),
}


def tool(*arguments: object, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ if path is None else {**os.environ, "PATH": path}
    return subprocess.run([str(word) for word in ("bash", TOOL, *arguments)], capture_output=True, text=True,
                          env=environment)  # fmt: skip


@pytest.mark.parametrize("arguments, said", [
    ((), "which architecture? aarch64 or armv7"),
    (("mips",), "does not know 'mips'"),
    (("aarch64", "--compiler", "tcc"), "--compiler is 'tcc', expected clang, gcc or zig"),
    (("aarch64", "--build"), "--build wants a value"),
])  # fmt: skip
def test_bad_use(arguments, said):
    done = tool(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize("compiler, said", [
    ("clang", "apt-get install clang-19 lld-19 g++-arm-linux-gnueabihf"),
    ("gcc", "apt-get install g++-arm-linux-gnueabihf"),
    ("zig", "-m pip install ziglang"),
])  # fmt: skip
def test_a_missing_compiler_is_named_with_its_installation(compiler, said, tmp_path):
    """On a path without compilers: only what the tool itself and CMake need."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for program in ("bash", "cmake", "dirname", "grep", "mkdir", "ninja", "tail"):
        place = shutil.which(program)
        if place is None:
            pytest.skip(f"{program} is not installed")
        (tools / program).symlink_to(place)
    python = tools / "python3"  # has no packages at all
    python.write_text(f"#!/bin/sh\nexec {shutil.which('python3')} -S -I \"$@\"\n")
    python.chmod(0o755)
    done = tool("armv7", "--compiler", compiler, "--build", tmp_path / "build", path=str(tools))
    assert (done.returncode, done.stdout) == (1, "")
    assert said in " ".join(done.stderr.split())


@pytest.mark.slow
@pytest.mark.parametrize("architecture", MACHINES)
def test_one_static_file_that_runs(architecture, model, tmp_path):
    compiler, emulator, head, machine = MACHINES[architecture]
    missing = [name for name in ("clang++-19", "ld.lld-19", compiler, emulator) if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    folder = Path(os.environ.get("LITE_TEST_BUILDS", tmp_path)) / f"{architecture}-release"
    built = tool(architecture, "--build", folder)
    assert built.returncode == 0, built.stderr
    said = re.fullmatch(r"(.*/benchmark_bin): (\d+) bytes\n", built.stdout)
    assert said is not None
    data = Path(said[1]).read_bytes()
    assert len(data) == int(said[2])
    assert data[4:7] == head and int.from_bytes(data[18:20], "little") == machine
    assert b"/ld-linux" not in data  # no interpreter: static
    text = subprocess.run([emulator, said[1], f"--optimized_model_file={model}", "--warmup=1", "--repeats=2"],
                          capture_output=True, text=True, check=True).stdout  # fmt: skip
    for field in ("Model Info", "Runtime Info", "Perf Info", "init", "first", "min", "max", "avg"):
        assert field in text
