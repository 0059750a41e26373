# SPDX-License-Identifier: Apache-2.0
"""Integers on processors that this machine is not: cross-built, emulated, the bits of the reference.

Every sample whose results are integers or truth values, of every registered op, in one program per
instruction set. Floats are held to the same standard by tests/csrc, whose kernels' tests CI emulates too.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from lite import _native, ops
from lite.nb.golden import Case, Golden
from lite.nb.writer import to_bytes
from lite.passes import pipeline
from lite.passes.lower_ops import LowerOps
from lite.passes.to_nhwc import ToNhwc

pytestmark = pytest.mark.slow


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


def test_integers_mean_the_same(emulated_isa, files, run_golden):
    run_golden(emulated_isa, files)
