# SPDX-License-Identifier: Apache-2.0
"""Contents: what the shape computations that exporters write hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lite import ops
from lite.ir import Dim, DType, Graph, Symbol, TensorType, Value
from lite.ir.contents import SMALL, Contents, Ratio
from lite.ir.dim import floor_div, is_nonnegative, maximum, minimum
from lite.ir.interpret import interpret

H, W, N = Dim.symbol("h"), Dim.symbol("w"), Dim.symbol("n")


class Sketch:
    """A graph with one open image as input."""

    def __init__(self) -> None:
        self.graph = Graph()
        for name in ("n", "h", "w"):
            self.graph.symbols[name] = Symbol(name)
        self.x = self.graph.add_input("x", TensorType((N, 3, H, W)))
        self.shape = self.add("shape", self.x)

    def add(self, op: str, *inputs: Value, **attributes: Any) -> Value:
        return self.graph.add(ops.get(op)(**attributes), inputs)[0]

    def constant(self, *numbers: float, dtype: Any = np.int64) -> Value:
        return self.graph.constant(np.array(numbers, dtype))

    def extent(self, axis: int) -> Value:
        return self.add("gather", self.shape, self.graph.constant(np.array([axis])), axis=0)

    def floats(self, value: Value) -> Value:
        return self.add("cast", value, to=DType.F32)

    def whole(self, value: Value) -> Value:
        return self.add("cast", value, to=DType.S64)

    def holds(self, value: Value, *expected: Any) -> None:
        """The contents are as expected, and running gives the same."""
        assert Contents().extents(value) == expected
        self.graph.outputs = [value]
        for n, h, w in ((1, 7, 10), (3, 64, 33), (2, 1, 1)):
            found = interpret(self.graph, {"x": np.zeros((n, 3, h, w), np.float32)})[value.name]
            symbols = {"n": n, "h": h, "w": w}
            from lite.ir.dim import evaluate

            assert found.reshape(-1).tolist() == [evaluate(extent, symbols) for extent in expected]


def test_shape_is_the_extents() -> None:
    sketch = Sketch()
    sketch.holds(sketch.shape, N, 3, H, W)


def test_gather_slice_concat() -> None:
    sketch = Sketch()
    spatial = sketch.add("slice", sketch.shape, axes=(0,), starts=(2,), sizes=(2,), steps=(1,))
    sketch.holds(sketch.add("concat", sketch.extent(0), sketch.constant(-1), spatial, axis=0), N, -1, H, W)
    sketch.holds(sketch.add("slice", sketch.shape, axes=(0,), starts=(3,), sizes=(2,), steps=(-1,)), W, H)


def test_whole_arithmetic() -> None:
    sketch = Sketch()
    h, w = sketch.extent(2), sketch.extent(3)
    sketch.holds(sketch.add("mul", h, sketch.constant(2)), H * 2)
    sketch.holds(sketch.add("div", h, sketch.constant(2)), floor_div(H, 2))
    sketch.holds(sketch.add("sub", sketch.add("add", h, w), sketch.constant(1)), H + W - 1)
    sketch.holds(sketch.add("max", h, sketch.constant(16)), maximum(16, H))
    sketch.holds(sketch.add("min", h, w), minimum(H, W))
    sketch.holds(sketch.add("mod", h, sketch.constant(4)), H % 4)
    sketch.holds(sketch.add("reduce_prod", sketch.shape, axes=(0,)), N * 3 * H * W)
    sketch.holds(sketch.add("reduce_sum", sketch.shape, axes=(0,)), N + 3 + H + W)


def test_scaling_through_floats() -> None:
    """torch writes interpolate(scale_factor=0.5) as cast, mul, floor, cast."""
    sketch = Sketch()
    half = sketch.add("mul", sketch.floats(sketch.extent(2)), sketch.constant(0.5, dtype=np.float32))
    sketch.holds(sketch.whole(sketch.add("floor", half)), floor_div(H, 2))
    sketch.holds(sketch.whole(sketch.add("ceil", half)), -floor_div(-H, 2))
    sketch.holds(sketch.whole(half), floor_div(H, 2))
    eighth = sketch.add("div", sketch.floats(sketch.extent(3)), sketch.constant(8, dtype=np.float32))
    sketch.holds(sketch.whole(sketch.add("floor", eighth)), floor_div(W, 8))
    double = sketch.add("mul", sketch.floats(sketch.extent(2)), sketch.constant(2.0, dtype=np.float32))
    sketch.holds(sketch.whole(double), H * 2)
    sketch.holds(sketch.whole(sketch.add("add", half, half)), H)


def test_rounding_up_to_a_multiple() -> None:
    sketch = Sketch()
    blocks = sketch.add(
        "ceil", sketch.add("div", sketch.floats(sketch.extent(2)), sketch.constant(32, dtype=np.float32))
    )
    padded = sketch.whole(sketch.add("mul", blocks, sketch.constant(32, dtype=np.float32)))
    sketch.holds(sketch.add("sub", padded, sketch.extent(2)), -floor_div(-H, 32) * 32 - H)


def test_expand_of_torch_keeps_extents_where_minus_one_is_asked() -> None:
    sketch = Sketch()
    wanted = sketch.add("concat", sketch.constant(-1), sketch.extent(3), axis=0)
    ones = sketch.constant(1, 1)
    unknown = sketch.add("equal", wanted, sketch.constant(-1, -1))
    sketch.holds(sketch.add("where", unknown, ones, wanted), 1, W)


def test_comparisons_are_decided_where_they_can_be() -> None:
    sketch = Sketch()
    known = Contents()
    positive = sketch.add("greater", sketch.extent(2), sketch.constant(0))
    assert known.of(positive).tolist() == [True]  # type: ignore[union-attr]
    assert known.of(sketch.add("greater", sketch.extent(2), sketch.constant(5))) is None
    same = sketch.add("equal", sketch.extent(2), sketch.extent(2))
    assert known.of(same).tolist() == [True]  # type: ignore[union-attr]


def test_what_depends_on_data_or_is_large_is_unknown() -> None:
    sketch = Sketch()
    assert Contents().of(sketch.add("reduce_max", sketch.x, axes=(0, 1, 2, 3))) is None
    long = sketch.graph.constant(np.zeros(SMALL + 1, np.int64))
    assert Contents().of(long) is None
    ratio = sketch.add("div", sketch.floats(sketch.extent(2)), sketch.constant(3, dtype=np.float32))
    contents = Contents().of(ratio)
    assert contents is not None and isinstance(contents[0], Ratio)
    assert Contents().extents(ratio) is None


def test_division_by_an_extent_that_may_be_zero_is_unknown() -> None:
    sketch = Sketch()
    zero = sketch.add("div", sketch.extent(2), sketch.constant(0))
    assert Contents().of(zero) is None


def test_array_needs_plain_numbers() -> None:
    sketch = Sketch()
    known = Contents()
    assert known.array(sketch.shape) is None
    channels = known.array(sketch.extent(1))
    assert channels is not None and channels.dtype == np.int64 and channels.tolist() == [3]


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    sketch = Sketch()
    value = sketch.extent(2)
    for _ in range(3000):
        value = sketch.add("add", value, sketch.constant(1))
    assert Contents().extents(value) == (H + 3000,)


@pytest.mark.parametrize(
    ("extent", "proven"),
    [
        (H - 1, True),
        (H - 2, False),
        (H * W - H, True),
        (H - floor_div(H, 2), True),
        (floor_div(H, 2) - 1, False),
        (-floor_div(-H, 32) * 32 - H, True),
        (H - W, False),
        (maximum(H, W) - W, True),
        (H - minimum(H, W), True),
        (H * W * N - W, True),
        (H * 2 - 3, False),
    ],
)
def test_signs_are_proven(extent: Any, proven: bool) -> None:
    assert is_nonnegative(extent) is proven


def test_maximum_and_minimum_simplify() -> None:
    assert maximum(H - 1, 0) == H - 1
    assert minimum(floor_div(H, 2), H) == floor_div(H, 2)
    assert maximum(H, W) == maximum(W, H)


def test_formulas_do_not_grow_without_end() -> None:
    """Each step doubles the formula: it is given up, not followed."""
    sketch = Sketch()
    value = sketch.add("gather", sketch.shape, sketch.graph.constant(np.int64(2)), axis=0)
    for _ in range(64):
        value = sketch.add("add", value, sketch.add("div", value, sketch.graph.constant(np.int64(3))))
    assert Contents().of(value) is None
    value = sketch.extent(2)
    for _ in range(500):
        value = sketch.add("mul", sketch.add("add", value, sketch.constant(1)), sketch.extent(3))
    assert Contents().of(value) is None
