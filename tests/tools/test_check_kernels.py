# SPDX-License-Identifier: Apache-2.0
"""tools/check_kernels.py: it sees vectors that a loop spills, and rows of its table that are not needed."""

from __future__ import annotations

import importlib.util
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FAMILIES = ("gemm", "winograd", "depthwise", "qgemm", "qdepthwise")
TARGETS = {
    "x86": ("x86_avx2", ("c++", "-mavx2", "-mfma"), "objdump", """
#include <immintrin.h>
using Floats = __m256;
using Bytes = __m256i;
inline Floats fma(Floats sum, const float* x) {
  return _mm256_fmadd_ps(_mm256_loadu_ps(x), _mm256_loadu_ps(x), sum);
}
inline Bytes dot(Bytes sum, const float* x) {
  const Bytes pairs = _mm256_loadu_si256(reinterpret_cast<const Bytes*>(x));
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, pairs));
}
"""),
    "arm64": ("arm64_neon", ("aarch64-linux-gnu-g++",), "aarch64-linux-gnu-objdump", """
#include <arm_neon.h>
using Floats = float32x4_t;
using Bytes = int32x4_t;
inline Floats fma(Floats sum, const float* x) { return vfmaq_f32(sum, vld1q_f32(x), vld1q_f32(x)); }
inline Bytes dot(Bytes sum, const float* x) {
  const int16x4_t pairs = vld1_s16(reinterpret_cast<const short*>(x));
  return vmlal_s16(sum, pairs, pairs);
}
"""),
    "armv7": ("armv7_neon", ("arm-linux-gnueabihf-g++", "-mfpu=neon-vfpv4"),
              "arm-linux-gnueabihf-objdump", """
#include <arm_neon.h>
using Floats = float32x4_t;
using Bytes = int32x4_t;
inline Floats fma(Floats sum, const float* x) { return vfmaq_f32(sum, vld1q_f32(x), vld1q_f32(x)); }
inline Bytes dot(Bytes sum, const float* x) {
  const int16x4_t pairs = vld1_s16(reinterpret_cast<const short*>(x));
  return vmlal_s16(sum, pairs, pairs);
}
"""),
}
LOOPS = """
template <class Sum>
inline void keep(Sum& sum) {
#ifdef SPILLED
  volatile Sum slot = sum;
  sum = const_cast<Sum&>(slot);
  asm volatile("" : "+m"(slot));
#endif
}
#ifndef LOOPS
void floats(const float* x, Floats* y, long n) {
  Floats sum = {};
  for (long i = 0; i < n; ++i) { sum = fma(sum, x + 8 * i); keep(sum); }
  *y = sum;
}
void bytes(const float* x, Bytes* y, long n) {
  Bytes sum = {};
  for (long i = 0; i < n; ++i) { sum = dot(sum, x + 8 * i); keep(sum); }
  *y = sum;
}
#endif
"""
Compiled = Callable[..., Path]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_kernels", ROOT / "tools" / "check_kernels.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=sorted(TARGETS))
def compiled(request: pytest.FixtureRequest, tmp_path: Path) -> Compiled:
    """Makes a build folder, each family's object holding the two loops."""
    isa, command, disassembler, head = TARGETS[request.param]
    if request.param == "x86" and platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("the machine's own compiler is not for x86")
    for program in (command[0], disassembler, "c++filt"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")

    def made(*flags: str) -> Path:
        source = tmp_path / "loops.cc"
        source.write_text(head + LOOPS)
        target = tmp_path / "loops.o"
        subprocess.run([*command, "-O2", *flags, "-c", str(source), "-o", str(target)], check=True)
        for family in FAMILIES:
            shutil.copy(target, tmp_path / f"{family}_{isa}.cc.o")
        return tmp_path

    return made


def test_loops_in_registers_pass(tool, compiled, capsys):
    assert tool.main(compiled(), ()) == 0
    said = capsys.readouterr()
    assert said.out == "5 innermost loops that multiply in 5 objects, 0 with spilled vectors\n"
    assert said.err == ""


def test_a_spilled_sum_fails(tool, compiled, capsys):
    assert tool.main(compiled("-DSPILLED"), ()) == 1
    said = capsys.readouterr()
    assert "5 with spilled vectors" in said.out
    for family, function in zip(FAMILIES, ("floats", "floats", "floats", "bytes", "bytes")):
        assert re.search(rf"^{family}_.* accesses to spilled vectors beside 1 .*\n.*\n    in {function}\(",
                         said.err, re.MULTILINE)


def known(tool: ModuleType, family: str, most: float) -> object:
    return tool.Known(family, ".*", ".*", "(floats|bytes).*", most, "it is forced to")


def test_known_spills_pass_up_to_their_limit(tool, compiled, capsys):
    folder = compiled("-DSPILLED")
    assert tool.main(folder, tuple(known(tool, family, 4.0) for family in FAMILIES)) == 0
    assert tool.main(folder, tuple(known(tool, family, 0.5) for family in FAMILIES)) == 1


def test_a_known_spill_that_is_gone_fails(tool, compiled, capsys):
    assert tool.main(compiled(), (known(tool, "gemm", 4.0),)) == 1
    assert "nothing is spilled any more" in capsys.readouterr().err


def test_an_object_without_products_fails(tool, compiled, capsys):
    assert tool.main(compiled("-DLOOPS=0"), ()) == 1
    assert "no loop multiplies" in capsys.readouterr().err


def test_a_folder_without_objects_is_an_error(tool, tmp_path, capsys):
    assert tool.main(tmp_path, ()) == 2
    assert "depthwise, gemm, qdepthwise, qgemm, winograd; build first" in capsys.readouterr().err


@pytest.mark.slow
def test_the_kernels(tool, build):
    """What holds for this machine's compiler: no spill but those known, and all of these are there."""
    if shutil.which("objdump") is None:
        pytest.skip("objdump is not installed")
    assert tool.main(build("release", "lite_core")) == 0
