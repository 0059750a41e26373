# SPDX-License-Identifier: Apache-2.0
"""Every op's samples run by the engine: right on each instruction set, with the same bits for any threads."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from lite import Model, _native, ops
from lite.ir import DType
from lite.ir.interpret import apply
from lite.nb.writer import to_bytes
from lite.passes import pipeline
from lite.passes.lower_ops import LowerOps
from lite.passes.to_nhwc import ToNhwc

SOURCES = Path(__file__).parents[2] / "csrc" / "ops"
TABLE = {row["name"]: row for row in _native.op_table()}
ROUNDED = ("conv2d", "fully_connected", "matmul")  # whose factors sessions of precision fast round


@pytest.fixture(scope="module")
def models(kind, cases):
    """Each case with its bytes and its feeds."""
    passes = [LowerOps(frozenset(TABLE)), ToNhwc()]  # what a graph needs to run at all
    built = []
    for case in cases:
        graph, feeds = case.graph()
        pipeline.run(graph, passes)
        missing = sorted({node.op.name for node in graph.nodes} - set(TABLE))
        unbuilt = [f"csrc/ops/{op}.cc" for op in missing if (SOURCES / f"{op}.cc").exists()]
        assert not unbuilt, f"lite._native is older than {', '.join(unbuilt)}: build again"
        if missing:
            pytest.skip(f"no kernel for {', '.join(missing)}")
        built.append((case, Model(to_bytes(graph)), feeds))
    return built


@pytest.mark.parametrize("isa", _native.usable_isas())
def test_native_means_the_same(models, isa, monkeypatch):
    monkeypatch.setenv("LITE_FORCE_ISA", isa)
    problems = []
    for case, model, feeds in models:
        session = model.session()
        assert session.isa == isa
        problems += case.problems(session.run(None, feeds))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("isa", _native.usable_isas())
def test_threads_change_no_bit(models, isa, monkeypatch):
    monkeypatch.setenv("LITE_FORCE_ISA", isa)
    for case, model, feeds in models:
        alone, *teams = ([array.tobytes() for array in model.session(threads).run(None, feeds)]
                         for threads in (1, 2, 4))
        assert all(team == alone for team in teams), str(case)


@pytest.mark.parametrize("isa", _native.usable_isas())
def test_fast_rounds_factors_and_nothing_else(kind, cases, isa, monkeypatch):
    """Weights are constants, so that products of bf16 are used where there are any."""
    monkeypatch.setenv("LITE_FORCE_ISA", isa)
    rounds = kind.name in ROUNDED and _native.fast_differs()
    passes, problems, rounded = [LowerOps(frozenset(TABLE)), ToNhwc()], [], 0
    for case in (dataclasses.replace(case, constant=_with_weights(case)) for case in cases):
        graph, feeds = case.graph()
        pipeline.run(graph, passes)
        if any(node.op.name not in TABLE for node in graph.nodes):
            pytest.skip("no kernel")
        model = Model(to_bytes(graph))
        exact, fast = (model.session(precision=precision) for precision in ("exact", "fast"))
        wanted, found = exact.run(None, feeds), fast.run(None, feeds)
        kernels = {layer.kernel for layer in fast.profile(feeds, warmup=0, repeats=1)}
        if any(kernel.startswith(("bgemm", "hgemm", "hwinograd", "hdepthwise")) for kernel in kernels):
            rounded += 1
            problems += _too_far(case, wanted, found)
        elif any(a.tobytes() != b.tobytes() for a, b in zip(wanted, found)):
            problems.append(f"{case}: other bits, although nothing is rounded")
    assert not problems, "\n".join(problems)
    assert rounded or not rounds


def _with_weights(case):
    """Which inputs are constants, the second among them if there is another to feed."""
    given = [position for position, array in enumerate(case.inputs) if array is not None]
    fed = [position for position in given if not case.constant[position] and position != 1]
    return tuple(constant or (position == 1 and case.op.name in ROUNDED and bool(fed))
                 for position, constant in enumerate(case.constant))


def _too_far(case, wanted, found):
    """Each product is off by little more than 2^-8 of it; activations stretch that to 1.5 at most."""
    plain = dataclasses.replace(case.op, activation="none") if hasattr(case.op, "activation") else case.op
    sizes = [None if array is None else np.abs(array.astype(np.float32)) for array in case.inputs]
    if case.op.name not in ROUNDED:
        sums = [np.max(np.abs(array), initial=1.0) * 4 for array in wanted]
    else:
        sums = apply(plain, sizes)
    return [f"{case}: {np.max(np.abs(a - b) - 2.0**-7 * size)} beyond what bf16 allows"
            for a, b, size in zip(wanted, found, sums) if np.any(np.abs(a - b) > 2.0**-7 * size + 1e-6)]


def test_runs_again_with_the_same_bits(models):
    """Scratch and arena carry nothing from one run to the next."""
    for case, model, feeds in models:
        session = model.session()
        first, second = ([array.tobytes() for array in session.run(None, feeds)] for _ in range(2))
        assert first == second, str(case)


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE.keys())
def test_row_names_the_attributes_of_the_op(row):
    op = ops.get(row["name"])
    assert sorted(row["attributes"]) == sorted(field.name for field in dataclasses.fields(op))


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE.keys())
def test_row_names_element_types_that_exist(row):
    assert row["dtypes"] and set(row["dtypes"]) <= {dtype.value for dtype in DType}


def test_row_names_the_element_types_of_the_samples(kind, cases):
    """Of all of them, where the op says which it takes."""
    if kind.name not in TABLE:
        pytest.skip("no kernel")
    first = ({case.types[0].dtype.value for case in cases if case.types and case.types[0] is not None}
             or {DType.of(array).value for case in cases for array in case.expected})
    declared = set(TABLE[kind.name]["dtypes"])
    assert first <= declared
    assert not hasattr(kind, "dtypes") or first == declared
