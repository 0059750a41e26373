# SPDX-License-Identifier: Apache-2.0
"""The text form: what is printed parses back to an equal graph."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lite import ops
from lite.errors import ModelFormatError
from lite.ir import Dim, DType, Graph, Op, Preprocess, Symbol, TensorType
from lite.ir.dim import floor_div, maximum, minimum
from lite.ir.text import parse, to_text
from lite.ir.verify import verify

TEXT = """graph "two \\"quoted\\" words" {
  symbol N 1..8
  symbol symbol("a b") 1..1048576
  preprocess {resize=256, crop=224, mean=(1.0, 2.0, 3.0), std=(4.0, 5.0, 6.0), format="BGR"}
  input %x: f32[N, 3, symbol("a b")]
  constant %w: f32[100] = crc32(x2b17c258)
  %y: f32[N, 3, symbol("a b")] = leaky_relu(%x){alpha=0.5} @"first"
  %"odd name": f32[N, 3, symbol("a b")] = leaky_relu(%y)
  output %"odd name"
  output %y
}
"""


class Everything(Op, name="test_everything"):
    """Has an attribute of every kind, gives its optional second input's type twice."""

    yes: bool = False
    whole: int | Dim = 1
    real: float = 1.0
    text: str = ""
    left_out: str | None = "given"
    dtype: DType = DType.F32
    numbers: tuple[int | Dim, ...] = ()
    reals: tuple[float, ...] = ()

    def infer(self, x: TensorType, y: TensorType | None) -> tuple[TensorType, TensorType]:
        return x, y or x


def find(name: str) -> type[Op]:
    return Everything if name == Everything.name else ops.get(name)


def round_trip(graph: Graph) -> Graph:
    verify(graph)
    constants = {value.name: value.array for value in graph.constants() if value.array is not None}
    again = parse(to_text(graph), find, constants)
    verify(again)
    assert to_text(again) == to_text(graph)
    return again


def sample() -> Graph:
    odd = Dim.symbol("a b")
    graph = Graph('two "quoted" words', symbols={"N": Symbol("N", 1, 8), "a b": Symbol("a b")},
                  preprocess=Preprocess(256, 224, (1.0, 2.0, 3.0), (4.0, 5.0, 6.0), "BGR"))
    x = graph.add_input("x", TensorType((Dim.symbol("N"), 3, odd)))
    (y,) = graph.add(ops.get("leaky_relu")(alpha=0.5), [x], name="first", outputs=["y"])
    graph.outputs = [*graph.add(ops.get("leaky_relu")(), [y], outputs=["odd name"]), y]
    return graph


def test_the_text_of_a_graph() -> None:
    expected = "".join(line for line in TEXT.splitlines(keepends=True) if "constant" not in line)
    assert to_text(sample()) == expected
    assert round_trip(sample()).preprocess == sample().preprocess


n, m = Dim.symbol("n"), Dim.symbol("f32")  # the second is a reserved word


@pytest.mark.parametrize("op", [
    Everything(),
    Everything(yes=True, whole=-3, real=-1e-20, text='"%{,\\\n', left_out=None, dtype=DType.BF16),
    Everything(real=float("inf"), reals=(float("nan"), -float("inf"), 2.0, 1e30), numbers=(1,)),
    Everything(whole=2 * n * n - floor_div(m + 1, 2) * 3, numbers=(maximum(n, m), minimum(n, 7), -n, 0)),
    Everything(whole=1, real=1.0),
], ids=str)  # fmt: skip
def test_every_kind_of_attribute_comes_back(op: Everything) -> None:
    graph = Graph(symbols={"n": Symbol("n"), "f32": Symbol("f32")})
    x = graph.add_input("x", TensorType((n, m)))
    a, _ = graph.add(op, [x, None])
    graph.outputs = list(graph.add(op, [a, x], name="second"))
    again = round_trip(graph)
    assert repr(again.nodes[0].op) == repr(op)
    assert [value is None for value in again.nodes[0].inputs] == [False, True]


@pytest.mark.parametrize("array", [
    np.array([1.1, -0.0, np.inf, -np.inf, np.nan, 1e-45, 3.4028235e38], np.float32),
    np.array([[True], [False]]), np.array(5, np.int64), np.zeros((3, 0), np.uint8),
    np.array([-(2**63), 2**63 - 1]), np.array([65504, 6e-8], np.float16),
    np.arange(100, dtype=np.float32),
], ids=lambda array: f"{array.dtype}{list(array.shape)}")  # fmt: skip
def test_every_constant_comes_back(array: np.ndarray) -> None:
    graph = Graph()
    graph.outputs = list(graph.add(Everything(), [graph.constant(array, "c"), None]))
    back = round_trip(graph).constants()[0].array
    assert back is not None and back.dtype == array.dtype
    np.testing.assert_array_equal(back, array)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_name_comes_back(name: str) -> None:
    graph = Graph(name, symbols={name: Symbol(name)})
    x = graph.add_input(name, TensorType((Dim.symbol(name),)))
    op = Everything(whole=2 * Dim.symbol(name) - 1, text=name)
    graph.outputs = list(graph.add(op, [x, None], name=name))
    again = round_trip(graph)
    assert (again.name, again.inputs[0].name, again.nodes[0].name) == (name, name, name)
    assert again.inputs[0].type == x.type and again.nodes[0].op == graph.nodes[0].op


@pytest.mark.parametrize(("old", "new", "complaint"), [
    ("graph", "grph", "line 1: expected 'graph'"),
    ("symbol N 1..8", "symbol N -1", "line 2: expected a whole number"),
    ("input", "imput", "line 5: expected symbol, preprocess, input"),
    ("f32[N, 3,", "x32[N, 3,", "line 5: expected an element type"),
    ("leaky_relu(%x)", "leaky_relu(%z)", "line 7: expected a value that exists, not 'z'"),
    ("leaky_relu(%x)", "leaky_rely(%x)", "line 7: leaky_rely: there is no op 'leaky_rely'"),
    ("alpha=0.5", "beta=0.5", "line 7: leaky_relu: .*unexpected keyword argument 'beta'"),
    ("%y: f32[N, 3", "%y: f32[N, 4", "line 7: expected leaky_relu to make"),
    ("%y: f32", "%x: f32", "line 7: expected a new name, not 'x' again"),
    ("x2b17c258", "x00000000", "line 6: expected constant 'w' to be .* with checksum x00000000"),
    ("output %y\n}", "output %y\n", "line 10: expected symbol, .* near '%y'"),
    ("output %y\n}", "output %y\n} 1", "line 11: expected the end of the text"),
])  # fmt: skip
def test_a_wrong_text_is_told_by_line(old: str, new: str, complaint: str) -> None:
    constants = {"w": np.arange(100, dtype=np.float32)}
    assert len(parse(TEXT, find, constants).nodes) == 2
    assert TEXT.count(old) >= 1
    with pytest.raises(ModelFormatError, match=complaint):
        parse(TEXT.replace(old, new, 1), find, constants)


def test_a_constant_that_is_not_given_is_told() -> None:
    with pytest.raises(ModelFormatError, match="content of constant 'w' to be given"):
        parse(TEXT, find)
