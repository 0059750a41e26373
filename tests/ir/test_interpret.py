# SPDX-License-Identifier: Apache-2.0
"""The interpreter: what it computes, what it shows, what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from lite.errors import InputError, ShapeError
from lite.ir import Dim, DType, Graph, Symbol, TensorType
from lite.ir.interpret import bind, interpret, random_feeds
from lite.ops import get

N = Dim.symbol("n")


def graph_of_two() -> Graph:
    graph = Graph("two", symbols={"n": Symbol("n", 2, 8)})
    x = graph.add_input("x", TensorType((N, 3)))
    y = graph.add_input("y", TensorType((N * 2, 3)))
    (wide,) = graph.add(get("expand")((2, N, 3)), [x], outputs=["wide"])
    (flat,) = graph.add(get("reshape")((N * 2, 3)), [wide], outputs=["flat"])
    graph.outputs = [*graph.add(get("add")(), [flat, y], outputs=["sum"]), wide]
    return graph


def feeds(rows: int = 2) -> dict[str, np.ndarray]:
    return {"x": np.ones((rows, 3), np.float32), "y": np.full((2 * rows, 3), 2, np.float32)}


def test_formulas_among_attributes_have_values_when_running() -> None:
    results = interpret(graph_of_two(), feeds(4))
    assert list(results) == ["sum", "wide"]
    np.testing.assert_array_equal(results["sum"], np.full((8, 3), 3))
    assert results["wide"].shape == (2, 4, 3)


def test_a_tap_sees_every_value() -> None:
    seen: dict[str, tuple[int, ...]] = {}
    interpret(graph_of_two(), feeds(), tap=lambda value, array: seen.update({value.name: array.shape}))
    assert seen == {"wide": (2, 2, 3), "flat": (4, 3), "sum": (4, 3)}


@pytest.mark.parametrize(("changes", "message"), [
    ({"z": np.zeros(1)}, r"inputs \['x', 'y', 'z'\] were given, expected \['x', 'y'\]"),
    ({"x": np.ones((2, 3))}, r"input 'x': got f64\[2, 3\], expected f32\[n, 3\]"),
    ({"x": np.ones((2, 3, 1), np.float32)}, "input 'x': got f32"),
    ({"x": np.ones((2, 4), np.float32)}, r"input 'x': got shape \[2, 4\]"),
    ({"y": np.ones((5, 3), np.float32)}, r"input 'y': got shape \[5, 3\]"),
    (feeds(1), "extent n is 1, expected 2 to 8"),
    (feeds(9), "extent n is 9, expected 2 to 8"),
])  # fmt: skip
def test_wrong_feeds_are_refused(changes, message) -> None:
    with pytest.raises(InputError, match=message):
        interpret(graph_of_two(), {**feeds(), **changes})


def test_a_missing_input_is_named() -> None:
    with pytest.raises(InputError, match=r"expected \['x', 'y'\]"):
        bind(graph_of_two(), {"x": feeds()["x"]})


def test_an_error_names_its_node() -> None:
    graph = Graph("late", symbols={name: Symbol(name) for name in ("a", "b")})
    x = graph.add_input("x", TensorType((Dim.symbol("a"),)))
    extent = Dim.symbol("a") // (Dim.symbol("b") - 1)
    graph.outputs = list(graph.add(get("reshape")((extent,)), [x], name="cut"))
    graph.add_input("y", TensorType((Dim.symbol("b"),)))
    with pytest.raises(ShapeError, match="cut: division by zero"):
        interpret(graph, {"x": np.ones(3, np.float32), "y": np.ones(1, np.float32)})


def test_random_feeds_are_the_same_for_a_seed() -> None:
    graph = graph_of_two()
    graph.add_input("flag", TensorType((2,), DType.BOOL))
    first, again, other = random_feeds(graph, 1), random_feeds(graph, 1), random_feeds(graph, 2)
    assert first["x"].shape == (2, 3) and first["x"].dtype == np.float32 and first["flag"].dtype == np.bool_
    np.testing.assert_array_equal(first["x"], again["x"])
    assert not np.array_equal(first["x"], other["x"])
    assert random_feeds(graph, symbols={"n": 5})["y"].shape == (10, 3)


def test_the_interpreter_does_not_write_into_its_feeds() -> None:
    graph = Graph()
    graph.outputs = [graph.add_input("x", TensorType((2,)))]
    data = np.ones(2, np.float32)
    assert interpret(graph, {"x": data})["x"] is data
