# SPDX-License-Identifier: Apache-2.0
"""tools/kernel_floors.py: loops pass that keep the units busy, loops that wait fail."""

from __future__ import annotations

import importlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
NEEDED = ("clang++-19", "ld.lld-19", "llvm-mca-19", "aarch64-linux-gnu-g++")
LOOPS = """
#include <arm_neon.h>
// COUNT sums that do not wait for one another
void sums(const float* x, long count, float* y) {
  float32x4_t all[COUNT] = {};
  for (; count > 0; --count, x += 4)
#pragma clang loop unroll(full)
    for (int i = 0; i < COUNT; ++i) all[i] = vfmaq_laneq_f32(all[i], vld1q_f32(x), vld1q_f32(x), 0);
  for (int i = 0; i < COUNT; ++i) vst1q_f32(y + 4 * i, all[i]);
}
"""


@pytest.fixture(scope="module", autouse=True)
def needed() -> None:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"there is no {missing[0]}")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(TOOLS))
        return importlib.import_module("kernel_floors")


@pytest.fixture
def floor(tool: ModuleType) -> object:
    return tool.Floor("gemm", "arm64_neon", r"sums\(.*", "neoverse-n1", 7.8)


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[[int], Path]:
    """Compiles the loop with so many sums, as a kernel's object, and gives its folder."""

    def made(sums: int) -> Path:
        source = tmp_path / "sums.cc"
        source.write_text(LOOPS.replace("COUNT", str(sums)))
        command = ["clang++-19", "--target=aarch64-linux-gnu", "-O2", "-c", str(source), "-o"]
        subprocess.run([*command, str(tmp_path / "gemm_arm64_neon.cc.o")], check=True)
        return tmp_path

    return made


def test_many_sums_keep_the_units_busy(
    tool: ModuleType, floor: object, compiled: Callable[[int], Path]
) -> None:
    assert tool.main(compiled(16), (floor,)) == 0


def test_two_sums_wait_for_themselves(
    tool: ModuleType, floor: object, compiled: Callable[[int], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.main(compiled(2), (floor,)) == 1
    assert "at least 7.8 MISSED: sums" in capsys.readouterr().out


def test_a_floor_without_a_kernel_fails(
    tool: ModuleType, compiled: Callable[[int], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tool.Floor("gemm", "arm64_neon", "gone.*", "neoverse-n1", 7.8)
    assert tool.main(compiled(16), (gone,)) == 1
    assert "has no gone.* of gemm for arm64_neon by clang" in capsys.readouterr().err
