# SPDX-License-Identifier: Apache-2.0
"""How a pass is tried: a small graph, its meaning before and after, and a second run that changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from lite.ir import Builder, Dim, DType, Graph, Symbol, TensorType, Value
from lite.ir.interpret import interpret, random_feeds
from lite.ir.text import to_text
from lite.ops import get
from lite.passes import pipeline
from lite.passes.rule import Log, Pass

Body = Callable[..., Any]


class Tried:
    """A graph after a pass, and what the pass said."""

    def __init__(self, graph: Graph, logs: Sequence[Log]) -> None:
        self.graph = graph
        self.logs = logs

    @property
    def ops(self) -> list[str]:
        """Names of the ops that are left, in running order."""
        return [node.op.name for node in self.graph.nodes]

    @property
    def changes(self) -> dict[str, int]:
        return {rule: count for log in self.logs for rule, count in log.changes.items()}

    @property
    def reasons(self) -> list[str]:
        return [refusal.reason for log in self.logs for refusal in log.refusals]

    def node(self, op: str) -> Any:
        """The only node of an op."""
        (found,) = (node for node in self.graph.nodes if node.op.name == op)
        return found


def sketch(body: Body, *inputs: TensorType | tuple[int | Dim, ...], name: str = "y") -> Graph:
    """A graph of inputs x0, x1, ...; the body gets a builder and the inputs, and gives the outputs."""
    graph = Graph("sketch")
    values = []
    for position, given in enumerate(inputs):
        type = given if isinstance(given, TensorType) else TensorType(given)
        for extent in type.shape:
            if isinstance(extent, Dim):
                graph.symbols.update((symbol, Symbol(symbol)) for symbol in extent.symbols())
        values.append(graph.add_input(f"x{position}", type))
    result = body(Builder(graph), *values)
    outputs: tuple[Value, ...] = result if isinstance(result, tuple) else (result,)
    for position, value in enumerate(outputs):
        graph.claim_name(value, f"{name}{position}")
    graph.outputs = list(outputs)
    return graph


def surface(graph: Graph) -> list[tuple[str, TensorType]]:
    return [(value.name, value.type) for value in (*graph.inputs, *graph.outputs)]


def try_passes(graph: Graph, *passes: Pass, symbols: Mapping[str, int] | None = None, again: bool = True,
               tolerance: float = 1e-5, feeds: Mapping[str, np.ndarray] | None = None) -> Tried:
    """Run passes; hold the graph to its meaning, its inputs and outputs, and a second run to no change."""
    values = dict.fromkeys(graph.symbols, 3) | dict(symbols or {})
    data = random_feeds(graph, 1, values) if feeds is None else feeds
    before, outside = interpret(graph, data), surface(graph)
    logs = pipeline.run(graph, passes, verify=True)
    assert surface(graph) == outside
    for name, array in interpret(graph, data).items():
        assert_close(array, before[name], tolerance)
    if again:
        text = to_text(graph)
        pipeline.run(graph, passes, verify=True)
        assert to_text(graph) == text
    return Tried(graph, logs)


def assert_close(got: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    assert got.dtype == expected.dtype and got.shape == expected.shape
    finite = expected[np.isfinite(expected)] if expected.dtype.kind == "f" else expected
    scale = float(np.abs(finite.astype(np.float64)).max(initial=0.0))
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * scale)


class Scaling:
    """Puts scales on values of a graph that is being built: 0.05 and a zero point of 3 unless told."""

    def __init__(self, build: Builder) -> None:
        self.build = build
        self.random = np.random.RandomState(3)

    def quantize(self, x: Value, scale: Any = 0.05, zero_point: int = 3, dtype: DType = DType.S8,
                 axis: int = 0) -> Value:
        return self.build.add(get("quantize")(zero_point, axis, dtype), x,
                              self.build.constant(scale, np.float32))

    def dequantize(self, q: Value, scale: Any = 0.05, zero_point: int = 3, axis: int = 0) -> Value:
        return self.build.add(get("dequantize")(zero_point, axis), q, self.build.constant(scale, np.float32))

    def pair(self, x: Value, scale: Any = 0.05, zero_point: int = 3, dtype: DType = DType.S8) -> Value:
        return self.dequantize(self.quantize(x, scale, zero_point, dtype), scale, zero_point)

    def weights(self, *shape: int, axis: int = 0, zero_point: int = 0, dtype: Any = np.int8,
                least: int = -127, greatest: int = 127) -> Value:
        """Integers with a scale for each index of an axis."""
        q = self.build.constant(self.random.randint(least, greatest + 1, shape), dtype, "w")
        return self.dequantize(q, np.linspace(0.01, 0.02, shape[axis]), zero_point, axis)

    def __getattr__(self, name: str) -> Callable[..., Value]:
        return lambda *inputs, **attributes: self.build.add(get(name)(**attributes), *inputs)


@pytest.fixture(name="scaling", scope="session")
def _scaling() -> type[Scaling]:
    return Scaling


@pytest.fixture(name="sketch", scope="session")
def _sketch() -> Callable[..., Graph]:
    return sketch


@pytest.fixture(name="try_passes", scope="session")
def _try_passes() -> Callable[..., Tried]:
    return try_passes


@pytest.fixture
def random() -> np.random.RandomState:
    return np.random.RandomState(7)
