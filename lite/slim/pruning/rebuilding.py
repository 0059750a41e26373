# SPDX-License-Identifier: Apache-2.0
"""The graph without channels: constants cut, attributes adapted, shapes inferred anew."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from lite.ir import Graph, Node, TensorType, Value
from lite.ir.verify import verify
from lite.slim.pruning.tracing import Kept, Trace


def rebuilt(trace: Trace, removed: np.ndarray) -> Graph:
    """A graph of its own, under the same names.

    Parameters
    ----------
    trace : Trace
    removed : ndarray of bool
        Whether each channel goes, by its number; all channels of a unit alike.
    """
    def kept(ids: np.ndarray) -> np.ndarray:
        return ~removed[ids]

    graph = trace.graph.copy()
    twins = dict(zip(trace.graph.nodes, graph.nodes))
    _cut_constants(trace, kept, graph, twins)
    for node, twin in twins.items():
        if node in trace.rewrites:
            twin.op = trace.rewrites[node](kept)
        types = twin.op.infer_all(tuple(None if value is None else value.type for value in twin.inputs))
        for value, type in zip(twin.outputs, types):
            value.type = type
    verify(graph)
    return graph


def _cut_constants(trace: Trace, kept: Kept, graph: Graph, twins: dict[Node, Node]) -> None:
    """Each constant is cut as its readers need it; if they need it differently, each gets its own."""
    cut: dict[Value, list[tuple[Node, int, np.ndarray]]] = defaultdict(list)
    for (node, position), edits in trace.edits.items():
        twin = twins[node]
        value = twin.inputs[position]
        array = None if value is None else value.array
        if value is not None and array is not None:
            for edit in edits:
                array = edit(array, kept)
            cut[value].append((twin, position, array))
    for value, reads in cut.items():
        first = reads[0][2]
        if len(reads) == len(value.uses) and all(np.array_equal(first, array) for _, _, array in reads):
            value.array, value.type = first, TensorType.of(first)
            continue
        for twin, position, array in reads:
            graph.set_input(twin, position, graph.constant(array, value.name))
