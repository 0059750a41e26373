# SPDX-License-Identifier: Apache-2.0
"""Cases of every registered op, how they are filled, and how exact a result must be."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lite import ops
from lite.ir import DType, Graph, Op, Quant, TensorType
from lite.ir.dim import is_static


@dataclass
class Case:
    """One sample of an op with its inputs filled."""

    op: Op
    index: int
    inputs: tuple[np.ndarray | None, ...]
    constant: tuple[bool, ...]  # which inputs the sample gives as arrays
    expected: tuple[np.ndarray, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.expected = _meaning(self.op, self.inputs)

    def __str__(self) -> str:
        types = ", ".join("-" if array is None else str(TensorType.of(array)) for array in self.inputs)
        return f"sample {self.index}: {self.op}({types})"

    @property
    def types(self) -> tuple[TensorType | None, ...]:
        return tuple(None if array is None else TensorType.of(array) for array in self.inputs)

    def graph(self) -> tuple[Graph, dict[str, np.ndarray]]:
        """One node, its constants and its feeds; an op without any input but constants is fed the first."""
        graph, feeds, values = Graph(self.op.name), {}, []
        fed = [array is not None and not fixed for array, fixed in zip(self.inputs, self.constant)]
        if not any(fed) and fed:
            fed[0] = self.inputs[0] is not None
        for position, array in enumerate(self.inputs):
            if array is None:
                values.append(None)
            elif fed[position]:
                values.append(graph.add_input(f"input{position}", TensorType.of(array)))
                feeds[f"input{position}"] = array
            else:
                values.append(graph.constant(array, f"constant{position}"))
        graph.outputs = list(graph.add(self.op, values))
        return graph, feeds

    def problems(self, results: Any) -> list[str]:
        """What is wrong with results, in words; empty when they are right."""
        if len(results) != len(self.expected):
            return [f"{self}: got {len(results)} outputs, expected {len(self.expected)}"]
        pairs = enumerate(zip(results, self.expected))
        return [f"{self} output {position}: {problem}" for position, (result, expected) in pairs
                if (problem := difference(result, expected, self.op))]


def difference(result: np.ndarray, expected: np.ndarray, op: Op) -> str | None:
    """How a result is wrong, or None.

    Integers, truth values and ops that only move elements must agree exactly, and so must NaN and infinity.
    Other floats may be off by ``op.ulps`` units in the last place of the expected element, plus
    ``op.range_ulps`` of the expected output's greatest element. Below 2^-102 floats count as if they were
    2^-102, so that flushing denormals to zero is no error.
    """
    if result.dtype != expected.dtype or result.shape != expected.shape:
        return f"got {TensorType.of(result)}, expected {TensorType.of(expected)}"
    if expected.dtype.kind != "f":
        return _worst(result, expected, result != expected, "")
    finite, spacing = np.isfinite(expected), _spacing(expected)
    with np.errstate(invalid="ignore", over="ignore"):
        wrong = np.where(finite, ~(np.abs(_wide(result) - _wide(expected)) <= _allowed(spacing, op)),
                         ~((result == expected) | (np.isnan(result) & np.isnan(expected))))
        off = np.abs(_wide(result) - _wide(expected)) / spacing
    worst = np.max(np.where(wrong & finite, off, 0), initial=0)
    return _worst(result, expected, wrong, f", {float(worst):.4g} ulp at worst")


def _spacing(expected: np.ndarray) -> np.ndarray:
    """A unit in the last place of each element."""
    greatest = np.nextafter(np.finfo(expected.dtype).max, expected.dtype.type(0))  # that of the last is inf
    magnitude = np.minimum(np.abs(np.where(np.isfinite(expected), expected, 0)), greatest)
    if expected.dtype == np.float32:
        magnitude = np.maximum(magnitude, np.float32(2.0**-102))
    return _wide(np.spacing(magnitude))


def _allowed(spacing: np.ndarray, op: Op) -> np.ndarray:
    ulps, range_ulps = op.exactness()
    if op.quant is Quant.SAME or (ulps == 0 and range_ulps == 0):
        return np.zeros_like(spacing)
    rounding = 0.5  # of the expected result itself
    return spacing * (ulps + rounding) + range_ulps * np.max(spacing, initial=0)


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64)


def _worst(result: np.ndarray, expected: np.ndarray, wrong: np.ndarray, amount: str) -> str | None:
    if not np.any(wrong):
        return None
    place = tuple(int(index) for index in np.argwhere(wrong)[0])
    return (f"{int(np.sum(wrong))} of {wrong.size} differ{amount}; first at {list(place)}: "
            f"got {result[place]!r}, expected {expected[place]!r}")


def _meaning(op: Op, inputs: tuple[np.ndarray | None, ...]) -> tuple[np.ndarray, ...]:
    from lite.ir.interpret import apply

    with np.errstate(all="ignore"):
        return apply(op, inputs)


def filled(sample: Any, random: np.random.Generator) -> np.ndarray | None:
    """An array for one input of a sample."""
    if sample is None or isinstance(sample, np.ndarray):
        return sample
    assert is_static(sample.shape), f"samples have fixed shapes, got {sample}"
    if sample.dtype is DType.BOOL:
        return random.random(sample.shape) < 0.5
    if sample.dtype.is_float:
        return np.asarray(random.standard_normal(sample.shape)).astype(sample.dtype.numpy)
    return np.asarray(random.integers(0, 10, sample.shape)).astype(sample.dtype.numpy)


def _cases_of(kind: type[Op]) -> list[Case]:
    """All samples of an op, filled; the same numbers in every run."""
    random = np.random.default_rng(zlib.crc32(kind.name.encode()))
    return [Case(op, index, tuple(filled(sample, random) for sample in inputs),
                 tuple(isinstance(sample, np.ndarray) for sample in inputs))
            for index, (op, inputs) in enumerate(kind.samples())]


@dataclass(frozen=True)
class Machine:
    """A processor that is emulated, and how programs for it are built."""

    architecture: str  # as in tools/cmake/<architecture>-linux.cmake
    triple: str
    emulator: str
    processor: str

    def missing(self) -> list[str]:
        """Programs that are not installed."""
        wanted = ("clang++-19", "ld.lld-19", f"{self.triple}-g++", self.emulator)
        return [program for program in wanted if shutil.which(program) is None]


_ARM64 = ("aarch64", "aarch64-linux-gnu", "qemu-aarch64")
EMULATED = {
    "armv7_neon": Machine("armv7", "arm-linux-gnueabihf", "qemu-arm", "max"),
    "arm64_neon": Machine(*_ARM64, "cortex-a53"),
    "arm64_dotprod": Machine(*_ARM64, "cortex-a76"),
    "arm64_fp16": Machine(*_ARM64, "cortex-a76"),
    "arm64_i8mm": Machine(*_ARM64, "max"),
}


@pytest.fixture
def run_golden(build: Callable[..., Path], run: Callable[..., str]) -> Callable[..., None]:
    """Runs the golden vectors of a folder's files on an emulated instruction set, by so many threads."""

    def check(isa: str, folder: Path, threads: Iterable[int] = (1, 2, 4), precision: str = "exact") -> None:
        machine = EMULATED[isa]
        if machine.missing():
            pytest.skip(f"not installed: {', '.join(machine.missing())}")
        built = build(machine.architecture, "golden_nb",
                      CMAKE_TOOLCHAIN_FILE=f"tools/cmake/{machine.architecture}-linux.cmake",
                      LITE_SMALL="ON")
        emulator = (machine.emulator, "-cpu", machine.processor)
        for count in threads:
            said = run(*emulator, "-E", f"LITE_FORCE_ISA={isa}", built / "tests" / "csrc" / "golden_nb",
                       count, folder, precision)
            assert said.endswith(" same, 0 different\n") and not said.startswith("0 "), said

    return check


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "emulated_isa" in metafunc.fixturenames:
        metafunc.parametrize("emulated_isa", EMULATED)
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", ops.all_ops(), ids=ops.names(), scope="module")


@pytest.fixture(scope="module")
def cases(kind: type[Op]) -> list[Case]:
    return _cases_of(kind)


@pytest.fixture(scope="session")
def cases_of() -> Callable[[type[Op]], list[Case]]:
    """All samples of an op, filled, for a test that takes the ops together."""
    return _cases_of
