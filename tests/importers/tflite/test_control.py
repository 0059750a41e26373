# SPDX-License-Identifier: Apache-2.0
"""Loops and branches: what they become, and those that are refused; tfl_control.py has what LiteRT gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tfl_case import Case, T, floats, ints
from tfl_control import below, body, branches, counted, loop
from tfl_special import lstm, svdf
from tfl_writer import packed

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.tflite import load
from lite.importers.tflite.walk import MOST_OPERATORS
from lite.ir.interpret import interpret

X = floats(1, 2, 3)


def test_rounds_share_the_body_s_constants() -> None:
    graph = load(packed(counted(6, X).model()))
    assert sum(node.op.name == "tanh" for node in graph.nodes) == 6
    assert sum(constant.type.shape == (3,) for constant in graph.constants()) == 1


def test_a_count_that_is_fed_may_be_fixed() -> None:
    case = counted(4, X)
    case.bodies[0].tensors["limit"] = T(np.array(np.int32(4)))
    case.bodies[1].tensors["limit"] = T(np.array(np.int32(4)))
    case.bodies[1].outputs = ["next", "y", "limit"]
    case.tensors["limit"] = T(np.array(np.int32(4)))
    case.tensors["same"] = T(dtype="int32")
    op, inputs, outputs, options = case.steps[0]
    case.steps[0] = (op, [*inputs, "limit"], [*outputs, "same"], options)
    data = packed(case.model())
    with pytest.raises(UnsupportedOpError, match="whether it goes on is known only when running"):
        load(data)
    graph = load(data, freeze_inputs={"limit": np.array(4)})
    fixed = load(packed(counted(4, X).model()))
    for given, expected in zip(interpret(graph, {"x": X}).values(), interpret(fixed, {"x": X}).values()):
        np.testing.assert_array_equal(given, expected)


def test_a_loop_that_grows_too_long_is_refused() -> None:
    with pytest.raises(UnsupportedOpError, match=f"would be more than {MOST_OPERATORS} operators"):
        load(packed(counted(MOST_OPERATORS, X).model()))


def test_a_loop_that_never_ends_is_refused() -> None:
    case = counted(4, X)
    case.bodies[1].outputs = ["i", "y"]
    with pytest.raises(UnsupportedOpError, match=f"would be more than {MOST_OPERATORS} operators"):
        load(packed(case.model()))


def test_loops_in_loops_are_counted_together() -> None:
    tensors = {"x": T(X), "start": ints(0), "done": T(dtype="int32"), "y": T()}
    options = {"cond_subgraph_index": 3, "body_subgraph_index": 4}
    outer = body(tensors, [("WHILE", ["start", "x"], ["done", "y"], options)], "y")
    case = loop("", outer, below(200, T(X)), (below(200, T(X)), body({"x": T(X)}, [], "x")), x=T(X))
    with pytest.raises(UnsupportedOpError, match=f"would be more than {MOST_OPERATORS} operators"):
        load(packed(case.model()))


def test_a_branch_that_data_decides_is_refused() -> None:
    case = branches(T(np.array(True)), X)
    with pytest.raises(UnsupportedOpError, match="which branch is taken is known only when running"):
        load(packed(case.model()))
    assert load(packed(case.model()), freeze_inputs={"taken": np.array(False)}).nodes[0].op.name == "sub"


def test_what_a_body_cannot_do_is_told_once() -> None:
    case = counted(4, X)
    case.bodies[1].steps[-1] = ("Own", ["s"], ["y"], {"custom": b""})
    with pytest.raises(UnsupportedOpError) as caught:
        load(packed(case.model()))
    assert [(row.op, len(row.nodes)) for row in caught.value.ops] == [("Own", 1), ("WHILE", 1)]
    assert "subgraph 2 holds what is not supported" in str(caught.value)


@pytest.mark.parametrize("make", [svdf, lstm])
def test_states_in_a_body_are_refused(make: Callable[[str], Case]) -> None:
    layer = make("")
    (x,) = layer.fed.values()
    outer = Case("IF", {"x": T(x), "taken": ints(True, dtype="bool"), "y": T()},
                 [("IF", ["taken", "x"], ["y"], {"then_subgraph_index": 1, "else_subgraph_index": 1})],
                 bodies=[Case("body", layer.tensors, layer.steps)])  # fmt: skip
    with pytest.raises(UnsupportedOpError, match=r"it keeps '.*' from round to round"):
        load(packed(outer.model()))


def _options(**changes: int) -> Callable[[Case], None]:
    return lambda case: case.steps[0][3].update(changes)


def _body(**changes: Any) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        for name, value in changes.items():
            setattr(case.bodies[1], name, value)

    return change


BROKEN: tuple[tuple[str, Callable[[Case], None], str], ...] = (
    ("no such subgraph", _options(body_subgraph_index=3), "it runs subgraph 3, but there are 3"),
    ("negative", _options(cond_subgraph_index=-1), "it runs subgraph -1, but there are 3"),
    ("itself", _options(body_subgraph_index=0), "subgraph 0 runs itself"),
    ("no bool", _options(cond_subgraph_index=2), r"condition gives s32\[\], f32\[2, 3\], expected one bool"),
    ("fewer values", _body(outputs=["next"]), "its body gives 1 values for 2 that go round"),
    ("types", _body(outputs=["y", "next"]), r"subgraph 1 has the input 'i' of INT32, but is given f32"),
    ("inputs", lambda case: case.bodies[0].tensors.pop("v0"), "subgraph 1 has 1 inputs, but is given 2"),
    ("writers", lambda case: case.bodies[1].steps.append(case.bodies[1].steps[-1]),
     r"subgraph 2: operator 4 \(TANH, 'y'\): it writes tensor 6 \('y'\), which is written by operator 3"),
)  # fmt: skip


@pytest.mark.parametrize(("change", "words"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_contradictions_are_told(change: Callable[[Case], None], words: str) -> None:
    case = counted(4, X)
    change(case)
    with pytest.raises(ModelFormatError, match=words):
        load(packed(case.model()))
