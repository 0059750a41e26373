# SPDX-License-Identifier: Apache-2.0
"""bench/counting: from what the emulator counts to instructions, functions, cycles and bars."""

from __future__ import annotations

import shutil
import subprocess
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("onnx")  # of the networks' titles
Import = Callable[[str], ModuleType]
ADD, BACK, RETURN = "8b020020", "54ffffe1", "d65f03c0"  # add x0, x1, x2; b.ne to the one before; ret
TOOLS = ("qemu-aarch64", "clang-19", "ld.lld-19", "llvm-mca-19", "cc")
ROUNDS = 1000
PROGRAM = """
long syscall(long, ...);
__attribute__((noinline)) void rounds(void) {
  long left = %d;
  __asm__ volatile("1: fmla v0.4s, v1.4s, v2.4s; subs %%0, %%0, #1; b.ne 1b" : "+r"(left) : : "v0", "cc");
}
int main(void) {
  syscall(4242, 0);
  rounds();
  syscall(4242, 1, 7);
  return 0;
}
"""


@pytest.fixture(scope="module")
def blocks(from_bench: Import) -> ModuleType:
    return from_bench("counting.blocks")


@pytest.fixture(scope="module")
def cycles(from_bench: Import) -> ModuleType:
    return from_bench("counting.cycles")


def counts_of(blocks: ModuleType, folder: Path, text: str) -> Any:
    file = folder / "counts.txt"
    file.write_text(text)
    ((label, counts),) = blocks.read_counts(file)
    assert label == "1"
    return counts


def test_the_first_round_of_a_loop_counts_with_the_others(blocks: ModuleType, tmp_path: Path) -> None:
    entered = f"block 0 1000 {ADD},{ADD},{BACK}\nblock 1 1004 {ADD},{BACK}\nblock 2 100c {RETURN}\n"
    counts = counts_of(blocks, tmp_path, entered + "region 1\n0 1\n1 9\n2 1\n")
    assert counts.instructions == 3 + 2 * 9 + 1
    found = [(run.address, run.count, run.words) for run in blocks.straight_runs(counts)]
    assert found == [(0x1000, 1, (ADD,)), (0x1004, 10, (ADD, BACK)), (0x100C, 1, (RETURN,))]


def test_a_branch_ends_a_run_that_goes_on(blocks: ModuleType, tmp_path: Path) -> None:
    counts = counts_of(blocks, tmp_path, f"block 0 1000 {BACK}\nblock 1 1004 {ADD}\nregion 1\n0 5\n1 5\n")
    assert [run.words for run in blocks.straight_runs(counts)] == [(BACK,), (ADD,)]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("lite::gemm::(anonymous namespace)::multiply(lite::gemm::Block const&)", "gemm::multiply"),
        ("void lite::gemm::(anonymous namespace)::run<float, 6>(long)", "gemm::run<float, 6>"),
        ("memcpy", "memcpy"),
    ],
)
def test_functions_are_told_without_what_they_take(blocks: ModuleType, name: str, short: str) -> None:
    assert blocks.shortened(name) == short


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("b.ne\t0x114 <.text+0x114>", "b.ne\t.Lhere"),
        ("cbnz\tx10, 0x114 <.text+0x114>", "cbnz\tx10, .Lhere"),
        ("bl\t0x40 <memcpy>", "b\t.Lhere"),
        ("svc\t#0", "nop"),
        ("ldr\tx0, 0x40 <.text+0x40>", "ldr\tx0, .Lhere"),
        ("ldr\tq0, [x0, #0x10]", "ldr\tq0, [x0, #0x10]"),
    ],
)
def test_the_model_reads_no_targets(cycles: ModuleType, text: str, read: str) -> None:
    assert cycles.as_input(text) == read


def row(most: float, **changes: Any) -> dict[str, Any]:
    return {"engine": "lite", "network": "resnet50", "precision": "fp32", "core": "a76", "cycles": most,
            "instructions": 1.0, **changes}  # fmt: skip


def test_a_bar_is_missed_by_what_was_not_counted_or_takes_more(from_bench: Import) -> None:
    bars = from_bench("counting.bars")
    (bar,) = (bar for bar in bars.bars() if (bar.network, bar.precision) == ("resnet50", "fp32"))
    assert (bar.quantity, bar.most) == ("cycles", 310.0)
    assert bars.misses([row(310e6)], [bar]) == []
    assert bars.misses([row(311e6)], [bar]) == [
        "resnet50, fp32, a76: 311.0 million cycles, expected 310.0 at most"
    ]
    assert bars.misses([row(1.0, engine="ncnn")], [bar]) == ["resnet50, fp32, a76: was not counted"]


def test_bars_make_a_table_in_which_what_holds_is_bold(from_bench: Import) -> None:
    bars, tables = from_bench("counting.bars"), from_bench("counting.tables")
    kinds = (("mobilenet_v1", "cycles"), ("mobilenet_v2", "cycles"), ("mobilenet_v2", "instructions"))
    wanted = [bars.Bar(network, "fp32", "a76", quantity, 75.0) for network, quantity in kinds]
    assert tables.bars([row(75e6, network="mobilenet_v1"), row(1.0)], wanted).splitlines() == [
        "| fp32 | a76, cycles | a76, instructions |",
        "| --- | --- | --- |",
        "| MobileNetV1 | **75.0** (75.0) |  |",
        "| MobileNetV2 | not counted (75.0) | not counted (75.0) |",
    ]


def test_a_part_of_the_bars_can_be_checked(from_bench: Import) -> None:
    arm = from_bench("arm")
    chosen = Namespace(check=True, networks=["resnet50"], precisions=["int8"], cores=None)
    assert arm.cases(chosen) == [("resnet50", "int8", "a76"), ("resnet50", "int8", "a710")]
    assert len(arm.wanted(Namespace(networks=None, precisions=None, cores=None))) == len(arm.bars())


def test_a_core_is_told_by_its_part(from_bench: Import, tmp_path: Path) -> None:
    cores = from_bench("counting.cores").CORES
    cores["a53"].write_root(tmp_path)
    told = (tmp_path / "proc/cpuinfo").read_text()
    assert told.count("CPU part\t: 0xd03\n") == 2
    assert "asimddp" not in told and "asimddp" in cores["a76"].features


def test_peers_have_the_versions_that_are_installed(from_bench: Import) -> None:
    peers, engines = from_bench("counting.peers"), from_bench("engines")
    assert set(peers.NAMES) <= set(engines.ENGINES)
    assert {f"{name}=={peers.version(name)}" for name in ("ncnn", "onnxruntime")} <= set(peers.WHEELS)
    assert f"ai-edge-litert=={peers.version('litert')}" in peers.WHEELS


@pytest.fixture(scope="module")
def looping(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program of arm64 that marks a loop."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"there is no {missing[0]}")
    folder = tmp_path_factory.mktemp("looping")
    (folder / "loop.c").write_text(PROGRAM % ROUNDS)
    command = ["clang-19", "--target=aarch64-linux-gnu", "-O1", "-static", "-fuse-ld=lld-19",
               str(folder / "loop.c"), "-o", str(folder / "loop")]  # fmt: skip
    if subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("clang-19 cannot link programs of arm64; g++-aarch64-linux-gnu has the libraries")
    return folder / "loop"


def test_a_loop_is_counted_to_the_instruction(from_bench: Import, looping: Path) -> None:
    blocks, cycles = from_bench("counting.blocks"), from_bench("counting.cycles")
    core = from_bench("counting.cores").CORES["a76"]
    with from_bench("counting.run").Counter() as counter:
        first, second = (counter.run(core, [looping]).region("7") for _ in range(2))
    assert first.instructions == second.instructions
    functions = blocks.by_function(blocks.straight_runs(first), blocks.Symbols(looping).at)
    model = cycles.Model(core)
    estimate = model.estimate(functions["rounds"])
    assert estimate.multiply_adds == 4 * ROUNDS
    (loop,) = (run for run in functions["rounds"] if run.count == ROUNDS)
    assert [model.text(word).split()[0] for word in loop.words] == ["fmla", "subs", "b.ne"]
    assert 2 * ROUNDS <= estimate.cycles <= 5 * ROUNDS  # a chain of sums


def test_a_program_that_fails_is_told_with_its_last_words(from_bench: Import, tmp_path: Path) -> None:
    run, cores = from_bench("counting.run"), from_bench("counting.cores")
    if shutil.which("qemu-aarch64") is None or shutil.which("cc") is None:
        pytest.skip("there is no qemu-aarch64, or no cc")
    with run.Counter() as counter, pytest.raises(run.CountingError, match="on a76 ended with"):
        counter.run(cores.CORES["a76"], [tmp_path / "none"])
