# SPDX-License-Identifier: Apache-2.0
"""What is said, or done instead, on ARM machines that lack something; emulated."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lite.ir import Graph, TensorType
from lite.nb.writer import write
from lite.ops.relu import Relu

pytestmark = pytest.mark.slow

Emulated = Callable[..., "subprocess.CompletedProcess[str]"]
A76, A53, A15 = (("aarch64", "qemu-aarch64", "cortex-a76"), ("aarch64", "qemu-aarch64", "cortex-a53"),
                 ("armv7", "qemu-arm", "cortex-a15"))  # fmt: skip


@pytest.fixture
def emulated(arm_program: Callable[[str], Path]) -> Emulated:
    def run(machine: tuple[str, str, str], model: Path, *flags: str, **environment: str
            ) -> subprocess.CompletedProcess[str]:  # fmt: skip
        architecture, emulator, processor = machine
        settings = [word for pair in environment.items() for word in ("-E", "=".join(pair))]
        command = [emulator, "-cpu", processor, *settings, arm_program(architecture),
                   f"--optimized_model_file={model}", "--show_output_elem", *flags]  # fmt: skip
        return subprocess.run([str(word) for word in command], capture_output=True, text=True)

    return run


@pytest.mark.parametrize("machine, best", [(A76, "arm64_fp16"), (A53, "arm64_neon"), (A15, "armv7_neon")])
def test_the_best_that_the_processor_has_is_taken(machine, best, emulated, model):
    assert f"isa: {best}\n" in emulated(machine, model).stdout


@pytest.mark.parametrize("machine, forced, usable", [
    (A53, "arm64_dotprod", "arm64_neon"),
    (A53, "arm64_fp16", "arm64_neon"),
    (A76, "arm64_i8mm", "arm64_neon, arm64_dotprod, arm64_fp16"),
    (A76, "x86_avx2", "arm64_neon, arm64_dotprod, arm64_fp16"),
    (A15, "arm64_neon", "armv7_neon"),
])  # fmt: skip
def test_a_forced_isa_that_is_missing(machine, forced, usable, emulated, model):
    done = emulated(machine, model, LITE_FORCE_ISA=forced)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (f"LITE_FORCE_ISA is '{forced}', which this machine cannot use; usable: {usable}\n")


def test_a_processor_without_fused_multiply_adds(emulated, model):
    done = emulated(("armv7", "qemu-arm", "cortex-a9"), model)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("this processor has none of the instruction sets that this build has kernels for: "
                           "armv7_neon\n")


@pytest.mark.parametrize("machine", [A76, A15])
def test_a_file_for_other_machines(machine, emulated, tmp_path):
    graph = Graph("other")
    graph.outputs = list(graph.add(Relu(), [graph.add_input("x", TensorType((4,), ))]))
    path = tmp_path / "x86.nb"
    write(graph, path, targets=("x86",))
    done = emulated(machine, path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "x86" in done.stderr and "--valid_targets=arm" in done.stderr


@pytest.mark.parametrize("machine", [A76, A15])
def test_power_modes_and_threads_change_no_element(machine, emulated, model):
    def elements(*flags: str) -> list[str]:
        done = emulated(machine, model, *flags)
        assert done.returncode == 0, done.stderr
        assert done.stderr == "" or "alike" in done.stderr or "has no effect" in done.stderr
        return re.findall(r"\[\d+\] = (\S+)", done.stdout)

    expected = elements("--power_mode=3")
    assert len(expected) == 10 and np.isclose(sum(map(float, expected)), 1, atol=1e-4)
    threads = min(2, len(os.sched_getaffinity(0)))
    for mode in range(6):
        assert elements(f"--power_mode={mode}", f"--threads={threads}") == expected


def test_without_proc_and_sys(arm_program, model, run, tmp_path):
    """In a folder that holds the program, the model, the emulator and its libraries, and nothing else."""
    if os.geteuid() != 0:
        pytest.skip("only root may change the root folder")
    emulator = str(shutil.which("qemu-aarch64"))
    program = arm_program("aarch64")
    libraries = re.findall(r"/\S+", run("ldd", emulator))
    for source, target in [(emulator, "/emulator"), (program, "/program"), (model, "/model.nb"),
                           *((library, library) for library in libraries)]:  # fmt: skip
        place = tmp_path / target.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, place)
    done = subprocess.run(["chroot", tmp_path, "/emulator", "/program", "--optimized_model_file=/model.nb"],
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "cpu: unknown\n" in done.stdout and "the system does not say how fast" in done.stderr
    assert float(re.findall(r"peak +=\s+(\S+)", done.stdout)[0]) > 1
