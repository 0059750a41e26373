# SPDX-License-Identifier: Apache-2.0
"""What every op owes the file format: a graph of it is written and read back as it was."""

from __future__ import annotations

import dataclasses

import numpy as np

from lite.ir.text import to_text
from lite.nb.reader import read
from lite.nb.writer import to_bytes


def test_reads_back_what_was_written(cases):
    for case in cases:
        graph, _ = case.graph()
        node = graph.nodes[0]
        node.op = _with_stored_reals(node.op)
        again = read(to_bytes(graph))
        assert to_text(again) == to_text(graph), str(case)
        for written, back in zip(graph.constants(), again.constants()):
            assert np.array_equal(written.array, back.array, equal_nan=written.type.dtype.is_float), str(case)


def test_same_bytes_again(cases):
    for case in cases:
        graph, _ = case.graph()
        data = to_bytes(graph)
        assert to_bytes(graph) == data, str(case)
        graph.nodes[0].op = _with_stored_reals(graph.nodes[0].op)
        assert to_bytes(read(data)) == to_bytes(graph), str(case)


def _with_stored_reals(op):
    """The op with its reals as a .nb holds them: float32."""
    rounded = {}
    for field in dataclasses.fields(op):
        value = getattr(op, field.name)
        if isinstance(value, float):
            rounded[field.name] = float(np.float32(value))
        elif isinstance(value, tuple) and any(isinstance(item, float) for item in value):
            rounded[field.name] = tuple(float(np.float32(item)) for item in value)
    return op.replace(**rounded) if rounded else op
