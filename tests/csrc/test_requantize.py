# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of integers that stand for reals: a million cases have the same bits in Python and C++."""

from __future__ import annotations

import numpy as np
import pytest

from lite.ir import DType
from lite.ir.quant import GREATEST_SCALE, LEAST_SCALE, dequantize, limits, quantize, requantize

pytestmark = pytest.mark.slow
CASES = 350_000  # of each element type
CASE = np.dtype([("x", "f4"), ("scale", "f4"), ("q", "i4"), ("sum", "i4"), ("residual", "i4"),
                 ("residual_scale", "f4"), ("zero_point", "i4"), ("lo", "i4"), ("hi", "i4"), ("lowest", "i4"),
                 ("highest", "i4")])  # fmt: skip
RESULTS = np.dtype([("quantized", "i4"), ("dequantized", "f4"), ("requantized", "i4"),
                    ("with_residual", "i4"), ("rounded_twice", "i4")])  # fmt: skip
EXTREMES = np.array([0, -0.0, np.nan, -np.nan, np.inf, -np.inf, 1e-45, -1e-45, 1.1754942e-38, 3.4e38, -3.4e38,
                     0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 127.5, 126.5, -128.5], np.float32)  # fmt: skip


@pytest.mark.parametrize("dtype", [DType.S8, DType.U8, DType.S16])
def test_python_and_cpp_agree(run, build, tmp_path, dtype):
    cases = _cases(dtype, np.random.default_rng(15))
    cases.tofile(tmp_path / "cases")
    program = build("release", "requantize_cases") / "tests" / "csrc" / "requantize_cases"
    run(program, tmp_path / "cases", tmp_path / "results")
    results = np.fromfile(tmp_path / "results", RESULTS)
    expected = _expected(cases, dtype)
    for name in RESULTS.names:
        wrong = results[name].view(np.int32) != expected[name].view(np.int32)
        assert not np.any(wrong), (name, cases[wrong][0], results[wrong][0], expected[wrong][0])
    assert len(np.unique(expected["requantized"])) > 250  # the cases do not all end at the bounds


def _cases(dtype: DType, random: np.random.Generator) -> np.ndarray:
    lowest, highest = limits(dtype)
    cases = np.zeros(CASES, CASE)
    for name in ("zero_point", "q", "lo", "hi"):
        cases[name] = random.integers(lowest, highest, CASES, endpoint=True)
    cases["lo"], cases["hi"] = np.minimum(cases["lo"], cases["hi"]), np.maximum(cases["lo"], cases["hi"])
    cases["lowest"], cases["highest"] = lowest, highest
    cases["scale"], cases["residual_scale"] = _scales(random), _scales(random)
    cases["residual_scale"] *= random.choice([1, -1], CASES).astype(np.float32)
    cases["residual"] = random.integers(-(highest - lowest), highest - lowest, CASES, endpoint=True)
    cases["sum"] = _sums(cases["scale"], random)
    cases["x"] = _reals(cases["scale"], random)
    return cases


def _scales(random: np.random.Generator) -> np.ndarray:
    """Common ones, powers of two, at which ties happen, and all that are accepted."""
    wide = np.exp2(random.uniform(-100, 100, CASES))
    scales = np.choose(np.arange(CASES) % 4, [np.exp2(random.uniform(-14, 2, CASES)), wide,
                                              np.exp2(random.integers(-8, 3, CASES)), 10 ** -wide.clip(0, 6)])
    return scales.clip(LEAST_SCALE, GREATEST_SCALE).astype(np.float32)


def _sums(scales: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """All 32 bits, the ends, and sums whose results lie within the bounds or between two integers."""
    near = (random.integers(-600, 600, CASES) / 2 / scales.astype(np.float64)).clip(-(2**31), 2**31 - 1)
    every = random.integers(-(2**31), 2**31, CASES)
    ends = random.choice([-(2**31), 2**31 - 1, 2**24 + 1, -(2**24) - 1, 0], CASES)
    return np.choose(np.arange(CASES) % 5, [near, near, near, every, ends]).astype(np.int64).astype(np.int32)


def _reals(scales: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Any bits, the extremes, and reals at or beside ties."""
    with np.errstate(over="ignore", invalid="ignore"):
        ties = (random.integers(-600, 600, CASES) / np.float32(2)).astype(np.float32) * scales
        beside = np.nextafter(ties, random.choice([-np.inf, np.inf], CASES).astype(np.float32))
        bits = random.integers(0, 2**32, CASES, np.uint32).view(np.float32)
    return np.choose(np.arange(CASES) % 4, [ties, beside, bits, random.choice(EXTREMES, CASES)])


def _expected(cases: np.ndarray, dtype: DType) -> np.ndarray:
    expected = np.zeros(CASES, RESULTS)
    zero_point, scale, bounds = cases["zero_point"], cases["scale"], (cases["lo"], cases["hi"])
    with np.errstate(all="ignore"):
        expected["quantized"] = quantize(cases["x"], scale, zero_point, dtype)
        expected["dequantized"] = dequantize(cases["q"], scale, zero_point)
        expected["requantized"] = requantize(cases["sum"], scale, zero_point, *bounds, dtype=dtype)
        expected["with_residual"] = requantize(cases["sum"], scale, zero_point, *bounds, cases["residual"],
                                               cases["residual_scale"], dtype)
        expected["rounded_twice"] = requantize(cases["sum"], scale, zero_point, *bounds, dtype=dtype,
                                               twice=True)
    return expected
