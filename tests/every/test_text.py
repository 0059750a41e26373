# SPDX-License-Identifier: Apache-2.0
"""What every op owes the text form: a graph of it is printed and parsed back as it was."""

from __future__ import annotations

from lite import ops
from lite.ir.text import parse, to_text


def test_parses_what_was_printed(cases):
    for case in cases:
        graph, _ = case.graph()
        again = parse(to_text(graph), ops.get, {value.name: value.array for value in graph.constants()})
        assert to_text(again) == to_text(graph), str(case)
        assert [node.op for node in again.nodes] == [node.op for node in graph.nodes], str(case)
