# SPDX-License-Identifier: Apache-2.0
"""tools/build_arm.sh: what it says when something is missing, and that what it builds runs, emulated."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lite.ir import Graph, TensorType
from lite.nb.writer import write
from lite.ops.relu import Relu

TOOL = Path(__file__).parents[2] / "tools" / "build_arm.sh"
TAILOR = TOOL.parent / "tailor.py"
MACHINES = {
    "aarch64": ("qemu-aarch64", b"\x02\x01\x01", 183),  # and how an ELF file says so
    "armv7": ("qemu-arm", b"\x01\x01\x01", 40),
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
def test_one_static_file_that_runs(architecture, model, arm_program, run):
    emulator, head, machine = MACHINES[architecture]
    program = arm_program(architecture)
    data = program.read_bytes()
    assert data[4:7] == head and int.from_bytes(data[18:20], "little") == machine
    assert b"/ld-linux" not in data  # no interpreter: static
    text = run(emulator, program, f"--optimized_model_file={model}", "--warmup=1", "--repeats=2")
    for field in ("Model Info", "Runtime Info", "Perf Info", "init", "first", "min", "max", "avg"):
        assert field in text


@pytest.mark.slow
def test_a_tailored_build_runs_its_models_and_refuses_others_in_words(model, build, run, tmp_path):
    kept = run(sys.executable, TAILOR, model).strip().removeprefix("-DLITE_OPS=")
    assert "conv2d" in kept.split(";") and "relu" not in kept.split(";")
    program = build("tailored", "benchmark_bin", LITE_OPS=kept, LITE_ISAS="scalar") / "benchmark_bin"
    assert "isa: scalar\n" in run(program, f"--optimized_model_file={model}")
    graph = Graph("other")
    graph.outputs = list(graph.add(Relu(), [graph.add_input("x", TensorType((4,)))]))
    other = tmp_path / "other.nb"
    write(graph, other)
    refused = subprocess.run([program, f"--optimized_model_file={other}"], capture_output=True, text=True)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == ("this build was tailored to other models and has no op relu\n"
                              "hint: tailor it to this model, too, or build all of it\n")


def test_options_of_a_tailored_build_come_from_models(model, tmp_path):
    def said(*models: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, TAILOR, *map(str, models)], capture_output=True, text=True)

    assert said(model, model).stdout.startswith("-DLITE_OPS=add;concat;conv2d;fully_connected;leaky_relu;")
    assert (said().returncode, said(tmp_path / "none.nb").returncode) == (2, 1)
    assert "none.nb" in said(tmp_path / "none.nb").stderr
