# SPDX-License-Identifier: Apache-2.0
"""ONNX's own tests through the whole way: importer, passes, .nb, engine. Misses are in node_misses.txt."""

from __future__ import annotations

import node_cases
import onnx
import pytest

TABLE_IS_FOR = "1.23."
LEAST = 1700  # of the core: outside sequences, strings, training and control flow
OUTSIDE = ("ai.onnx.ml", "control flow", "sequences", "strings", "training")
GROUPS = sorted({case.group for case in node_cases.cases()})


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_passes_but_for_the_misses_in_the_table(group: str) -> None:
    if not onnx.__version__.startswith(TABLE_IS_FOR):
        pytest.skip(f"node_misses.txt is for onnx {TABLE_IS_FOR}*, this is {onnx.__version__}")
    expected = node_cases.known_misses()
    wrong = []
    for case in node_cases.cases():
        if case.group == group:
            found, known = node_cases.short(node_cases.run(case, native=True)), expected.get(case.name, "")
            if found != known:
                wrong.append(f"{case.name}: got {found or 'a pass'!r}, the table says {known or 'a pass'!r}")
    assert not wrong, "\n".join(wrong)


def test_the_table_names_no_test_twice_or_in_vain() -> None:
    if not onnx.__version__.startswith(TABLE_IS_FOR):
        pytest.skip(f"node_misses.txt is for onnx {TABLE_IS_FOR}*, this is {onnx.__version__}")
    names = [
        word
        for line in node_cases.MISSES.read_text().splitlines()
        if line.startswith(" ")
        for word in line.split()
    ]
    assert len(names) == len(set(names))
    assert set(names) <= {case.name for case in node_cases.cases()}


def test_enough_of_the_core_passes() -> None:
    core = [case for case in node_cases.cases() if case.group not in OUTSIDE]
    missed = set(node_cases.known_misses())
    assert sum(case.name not in missed for case in core) >= LEAST


def test_data_is_never_frozen() -> None:
    """The adapter freezes shapes, axes and the like; the first input of an op that computes stays one."""
    from lite_backend import DECIDING, deciding_inputs

    for case in node_cases.cases():
        graph = case.model().graph
        if (
            len(graph.node) == 1
            and graph.node[0].op_type in DECIDING
            and 0 not in DECIDING[graph.node[0].op_type]
        ):
            assert graph.node[0].input[0] not in deciding_inputs(graph), case.name
