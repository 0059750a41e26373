# SPDX-License-Identifier: Apache-2.0
"""Integers on processors that this machine is not: cross-built, emulated, the bits of the reference.

Every sample whose results are integers or truth values, of every registered op, in one program per
instruction set. Floats are held to the same standard by tests/csrc, whose kernels' tests CI emulates too.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lite import _native, ops
from lite.nb.golden import Case, Golden
from lite.nb.writer import to_bytes
from lite.passes import pipeline
from lite.passes.lower_ops import LowerOps
from lite.passes.to_nhwc import ToNhwc

pytestmark = pytest.mark.slow
EMULATOR = "qemu-aarch64"
ARM64 = {"arm64_neon": "cortex-a53", "arm64_dotprod": "cortex-a76", "arm64_i8mm": "max"}


@pytest.fixture(scope="module")
def files(cases_of, tmp_path_factory) -> Path:
    """A folder with a file for each sample: what goes in and what must come out."""
    folder, runnable = tmp_path_factory.mktemp("golden"), frozenset(_native.ops())
    for kind in ops.all_ops():
        for case in cases_of(kind):
            if any(array.dtype.kind == "f" for array in case.expected):
                continue
            graph, feeds = case.graph()
            pipeline.run(graph, [LowerOps(runnable), ToNhwc()])
            if not {node.op.name for node in graph.nodes} <= runnable:
                continue  # tests/every/test_ops.py says that a kernel is missing
            outputs = {value.name: array for value, array in zip(graph.outputs, case.expected)}
            file = folder / f"{kind.name}_{case.index}.nb"
            file.write_bytes(to_bytes(graph, golden=Golden((Case(feeds, outputs),))))
    return folder


@pytest.mark.parametrize("isa", ARM64)
def test_arm64_means_the_same(isa, files, build, run):
    for tool in ("aarch64-linux-gnu-g++", EMULATOR):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    folder = build("arm64", "golden_nb", CMAKE_TOOLCHAIN_FILE="tools/cmake/aarch64-linux.cmake")
    emulated = (EMULATOR, "-cpu", ARM64[isa], "-L", "/usr/aarch64-linux-gnu", "-E", f"LITE_FORCE_ISA={isa}")
    for threads in (1, 2, 4):
        said = run(*emulated, folder / "tests" / "csrc" / "golden_nb", threads, files)
        assert said.endswith(" same, 0 different\n"), said
