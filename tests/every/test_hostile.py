# SPDX-License-Identifier: Apache-2.0
"""What a damaged or hostile file may do with every op: be refused with words, or run. Never more.

A .nb of each op is taken apart and put together again with one thing changed that `infer` would never give:
attributes, extents, ranks, element types, operands. Checksums are right, so every file reaches the op. Under
the sanitizers this is what shows a read outside of a tensor; without them, a crash, a trap or a hang.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
import pytest

import lite
from lite import _native
from lite.errors import LiteError
from lite.nb import schema, writer
from lite.nb.writer import to_bytes
from lite.passes import pipeline
from lite.passes.lower_ops import LowerOps
from lite.passes.to_nhwc import ToNhwc

INTEGERS = (0, -1, 1, 3, -(2**31), 2**31 - 1, 2**31, 2**62, 2**63 - 1, -(2**63))
REALS = (0.0, -1.0, float("nan"), float("inf"), -float("inf"), 1e38, 1e-45)
EXTENTS = (0, 1, 7, 2**16, 2**31 - 1, 2**39)
INDICES = (-1, 10**6, -(2**31), 2**31 - 1)
ARENA_LIMIT = 4 << 20
GREATEST_FEED = 1 << 20  # bytes
SAMPLES = 2  # of each op: with one more the whole takes that much longer, and finds nothing more
Graph = schema.GraphT
pytestmark = pytest.mark.slow


def test_hostile_attributes(kind, cases):
    _try_all(kind, cases, _attributes)  # an op may well not need one: shapes are in the file too


def test_hostile_shapes_and_types(kind, cases):
    assert _try_all(kind, cases, _values)


def test_hostile_operands(kind, cases):
    assert _try_all(kind, cases, _operands)


def test_hostile_contents(kind, cases):
    """Integers that are data, indices say, with numbers that no correct program puts there."""
    ran = 0
    for graph, weights in _graphs(kind, cases):
        session = _session(_file(graph, weights))
        for number in INDICES:
            for feeds in _feeds(session, number):
                session.run(feeds)
                ran += 1
    assert ran


def _try_all(kind, cases, changes) -> int:
    """How many changes were refused."""
    refused = 0
    for graph, weights in _graphs(kind, cases):
        for changed in changes(graph):
            try:
                session = _session(_file(changed, weights))
                for feeds in _feeds(session, 1):
                    session.run(feeds)
            except LiteError as error:
                refused += 1
                assert len(str(error)) > 20, error
    return refused


def _graphs(kind, cases) -> Iterator[tuple[Graph, bytes]]:
    """The graph section of some samples, unpacked, and the bytes of their weights."""
    kernels = frozenset(_native.ops())
    if kind.name not in kernels:
        pytest.skip("no kernel")
    for case in cases[:: max(1, len(cases) // SAMPLES)][:SAMPLES]:
        graph, _ = case.graph()
        pipeline.run(graph, [LowerOps(kernels), ToNhwc()])
        data = to_bytes(graph)
        header = schema.HeaderT.InitFromPackedBuf(data)
        sections = {row.name.decode(): data[row.offset : row.offset + row.size] for row in header.sections}
        yield _lists(Graph.InitFromPackedBuf(sections["graph"])), sections.get("weights", b"")


def _lists(graph: Graph) -> Graph:
    """Arrays as lists, so that their lengths can change."""
    for node in graph.nodes:
        node.inputs, node.outputs = list(node.inputs), list(node.outputs)
        for attribute in node.attributes:
            attribute.reals = None if attribute.reals is None else list(attribute.reals)
    graph.inputs, graph.outputs = list(graph.inputs), list(graph.outputs)
    return graph


def _file(graph: Graph, weights: bytes) -> bytes:
    sections = {"graph": [writer._finish(graph)]}
    if weights:
        sections["weights"] = [weights]
    return b"".join(writer._assemble(sections, ["arm", "x86"]))


def _session(data: bytes) -> lite.Session:
    return lite.Model(data).session(arena_limit=ARENA_LIMIT)


def _feeds(session: lite.Session, number: int) -> Iterator[dict[str, np.ndarray]]:
    """Inputs of the session's shapes, all of one number; none if that takes too much memory."""
    shapes = [(info.name, list(info.shape), info.dtype) for info in session.inputs]
    if sum(np.prod(shape, dtype=float) * dtype.itemsize for _, shape, dtype in shapes) <= GREATEST_FEED:
        yield {name: np.full(shape, number).astype(dtype) for name, shape, dtype in shapes}


def _attributes(graph: Graph) -> Iterator[Graph]:
    for n, node in enumerate(graph.nodes):
        for a, attribute in enumerate(node.attributes):
            for changed in _attribute_values(attribute):
                again = copy.deepcopy(graph)
                again.nodes[n].attributes[a] = changed
                yield again
            again = copy.deepcopy(graph)
            del again.nodes[n].attributes[a]
            yield again


def _attribute_values(attribute: schema.AttributeT) -> Iterator[schema.AttributeT]:
    several = attribute.kind in (schema.AttributeKind.integers, schema.AttributeKind.reals)
    integers = tuple(schema.ExtentT(number, -1) for number in INTEGERS)
    for field, numbers in (("integers", integers), ("reals", REALS)):
        items = getattr(attribute, field)
        for position in range(len(items or ())):
            for number in numbers:
                yield _with(attribute, field, [*items[:position], number, *items[position + 1 :]])
        if several and items:
            for changed in ([], items[:-1], items + items[-1:], items * 9, [numbers[1]] * len(items),
                            [numbers[5]] * len(items)):
                yield _with(attribute, field, changed)
    if attribute.texts:
        for text in (b"", b"none", b"x" * 300):
            yield _with(attribute, "texts", [text])


def _with(attribute: schema.AttributeT, field: str, items: list) -> schema.AttributeT:
    changed = copy.copy(attribute)
    setattr(changed, field, items)
    return changed


def _values(graph: Graph) -> Iterator[Graph]:
    for position, value in enumerate(graph.values):
        shape = list(value.shape or ())
        shapes = [[*shape[:axis], schema.ExtentT(extent, -1), *shape[axis + 1 :]]
                  for axis in range(len(shape)) for extent in EXTENTS]
        one = schema.ExtentT(1, -1)
        shapes += [[], shape[1:], [one, *shape], [*shape, one], [one] * (8 - len(shape)) + shape, [one] * 9]
        shapes += [[schema.ExtentT(0, -1)] * len(shape), shape[::-1]]
        for changed in shapes:
            again = copy.deepcopy(graph)
            again.values[position].shape = changed
            yield again
        for dtype in range(13):
            again = copy.deepcopy(graph)
            again.values[position].dtype = dtype
            yield again


def _operands(graph: Graph) -> Iterator[Graph]:
    for position, node in enumerate(graph.nodes):
        inputs, outputs = node.inputs, node.outputs
        lists = [[], inputs[:-1], inputs[1:], [*inputs, -1], inputs * 2, inputs[::-1], inputs * 100]
        lists += [[*inputs[:i], wrong, *inputs[i + 1 :]] for i in range(len(inputs))
                  for wrong in (-1, inputs[0], inputs[-1], -2, outputs[0], 10**6)]
        for changed in lists:
            again = copy.deepcopy(graph)
            again.nodes[position].inputs = changed
            yield again
        for wanted in ([], outputs[:-1], outputs * 2, [*outputs, len(graph.values)]):
            again = copy.deepcopy(graph)
            again.nodes[position].outputs = wanted
            yield again
        again = copy.deepcopy(graph)  # an output more than the op has
        again.values.append(copy.deepcopy(graph.values[outputs[0]]))
        again.nodes[position].outputs = [*outputs, len(graph.values)]
        yield again
