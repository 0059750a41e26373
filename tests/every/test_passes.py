# SPDX-License-Identifier: Apache-2.0
"""What the passes owe every op: a graph of it means the same afterwards, and nothing is left to do."""

from __future__ import annotations

import numpy as np

from lite import _native
from lite.ir.interpret import interpret
from lite.ir.text import to_text
from lite.passes import pipeline


def test_pipeline_keeps_the_meaning(cases):
    problems = []
    for case in cases:
        graph, feeds = case.graph()
        pipeline.run(graph, _passes(), verify=True)
        with np.errstate(all="ignore"):
            problems += case.problems(tuple(interpret(graph, feeds).values()))
    assert not problems, "\n".join(problems)


def test_pipeline_is_idempotent(cases):
    for case in cases:
        graph, _ = case.graph()
        pipeline.run(graph, _passes())
        once = to_text(graph)
        pipeline.run(graph, _passes())
        assert to_text(graph) == once, str(case)


def _passes():
    return pipeline.standard(frozenset(_native.ops()))
