# SPDX-License-Identifier: Apache-2.0
"""Every invariant of a graph, broken once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lite.errors import PassError
from lite.ir import Dim, Graph, Symbol, TensorType
from lite.ir.verify import complaints, verify
from lite.ops.leaky_relu import LeakyRelu


def sample() -> Graph:
    graph = Graph("sample", symbols={"N": Symbol("N")})
    x = graph.add_input("x", TensorType((Dim.symbol("N"), 3)))
    (y,) = graph.add(LeakyRelu(0.1), [x], outputs=["y"])
    graph.outputs = list(graph.add(LeakyRelu(0.2), [y], outputs=["z"]))
    return graph


def with_unknown_symbol(graph: Graph) -> None:
    graph.inputs[0].type = TensorType((Dim.symbol("M"), 3))


def with_wrong_constant(graph: Graph) -> None:
    constant = graph.constant(np.zeros(3, np.float32))
    graph.set_input(graph.nodes[0], 0, constant)
    constant.array = np.zeros(4, np.float32)


BREAKS: dict[str, Callable[[Graph], object]] = {
    "2 values are called 'y'": lambda graph: setattr(graph.outputs[0], "name", "y"),
    "an output of the graph twice": lambda graph: graph.outputs.append(graph.outputs[0]),
    "reads 'y' before it is made": lambda graph: graph.nodes.reverse(),
    "'y' does not know that leaky_relu makes it": lambda graph: setattr(
        graph.nodes[0].output, "producer", None),
    "'y' does not know that leaky_relu reads it as input 0": lambda graph: graph.nodes[0].output.uses.clear(),
    "'x' believes that": lambda graph: graph.inputs[0].uses.append((graph.nodes[1], 5)),
    "output 'y' is made by no node": lambda graph: (graph.outputs.append(graph.nodes[0].output),
                                                   graph.nodes.pop(0)),
    "unknown symbols ['M']": with_unknown_symbol,
    "is the extent of no input": lambda graph: graph.symbols.update(Q=Symbol("Q")),
    "symbol 'N' is called 'R' inside": lambda graph: graph.symbols.update(N=Symbol("R")),
    "holds f32[4]": with_wrong_constant,
    "attribute alpha of leaky_relu holds numpy's float64": lambda graph: setattr(
        graph.nodes[0], "op", LeakyRelu(np.float64(0.1))),
    "attribute alpha of leaky_relu holds list": lambda graph: setattr(
        graph.nodes[0], "op", LeakyRelu([0.1])),  # type: ignore[arg-type]
    "infers f32[N, 3]": lambda graph: setattr(graph.outputs[0], "type", TensorType((1, 3))),
}


def test_a_sound_graph_has_no_complaints() -> None:
    verify(sample())


@pytest.mark.parametrize("complaint", BREAKS)
def test_each_broken_invariant_is_named(complaint: str) -> None:
    graph = sample()
    BREAKS[complaint](graph)
    assert any(complaint in found for found in complaints(graph)), list(complaints(graph))
    with pytest.raises(PassError, match="graph 'sample'"):
        verify(graph)


def test_only_the_first_complaints_are_told() -> None:
    graph = sample()
    for _ in range(9):
        graph.add(LeakyRelu(0.3), [graph.inputs[0]])[0].type = TensorType(())
    with pytest.raises(PassError, match="and 4 more"):
        verify(graph)
