# SPDX-License-Identifier: Apache-2.0
"""Loop, Scan and If against onnxruntime: unrolled, chosen between, or refused with words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tiny
from onnx import TensorProto, helper, numpy_helper

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.onnx import walk

RANDOM = np.random.default_rng(9)
X = RANDOM.standard_normal((5, 4)).astype(np.float32)
WEIGHTS = RANDOM.standard_normal((4, 4)).astype(np.float32)
ENGINES = pytest.mark.parametrize("native", [False, True], ids=["reference", "native"])
node, info = helper.make_node, helper.make_tensor_value_info


def loop_body(until: int | None = None) -> Any:
    """state = tanh(state W) + x[round]; collects the state; goes on while round < until (else: always)."""
    nodes = [
        node("MatMul", ["state", "w"], ["product"]),
        node("Tanh", ["product"], ["bent"]),
        node("Gather", ["x", "round"], ["row"]),
        node("Add", ["bent", "row"], ["next"]),
        node("Identity", ["next"], ["seen"]),
        node("Less", ["round", "until"], ["again"]) if until is not None else node(
            "Identity", ["goes_on"], ["again"]),
    ]  # fmt: skip
    held = [numpy_helper.from_array(WEIGHTS, "w"), numpy_helper.from_array(np.array(until or 0), "until")]
    inputs = [info("round", TensorProto.INT64, []), info("goes_on", TensorProto.BOOL, []),
              info("state", TensorProto.FLOAT, [4])]  # fmt: skip
    outputs = [info("again", TensorProto.BOOL, []), info("next", TensorProto.FLOAT, [4]),
               info("seen", TensorProto.FLOAT, [4])]  # fmt: skip
    return helper.make_graph(nodes, "body", inputs, outputs, held)


def looped(rounds: int | None, body: Any, extra: dict[str, np.ndarray] | None = None) -> Any:
    held = {"zero": np.zeros(4, np.float32), "yes": np.array(True)}
    held |= {} if rounds is None else {"rounds": np.array(rounds)}
    made = node("Loop", ["" if rounds is None else "rounds", "yes", "zero"], ["y", "z"], body=body)
    return tiny.model([made], {"x": X, **(extra or {})}, ["y", "z"], constants=held)


@ENGINES
@pytest.mark.parametrize(("rounds", "until"), [(5, None), (1, None), (5, 2), (2, 4), (None, 3)])
def test_a_loop_of_known_rounds_is_unrolled(rounds: int | None, until: int | None, native: bool) -> None:
    graph = tiny.agree(looped(rounds, loop_body(until)), {"x": X}, native=native)
    expected = min(rounds or 99, 99 if until is None else until + 1) - 1  # the first is a constant
    assert sum(made.op.name == "tanh" for made in graph.nodes) == expected
    held = {value.name for value in graph.constants() if value.type.shape == (4, 4)}
    assert len(held) <= 1  # what the rounds share is there once


def test_what_decides_the_rounds_must_be_known() -> None:
    body = loop_body()
    body.node[-1].CopyFrom(node("Greater", ["sum", "limit"], ["again"]))
    body.node.insert(4, node("ReduceSum", ["next"], ["sum"], keepdims=0))
    body.initializer.append(numpy_helper.from_array(np.array(-99, np.float32), "limit"))
    with pytest.raises(UnsupportedOpError, match="whether it goes on is known only when running"):
        tiny.load(looped(5, body))


def test_growth_is_bounded() -> None:
    with pytest.raises(UnsupportedOpError, match="more than 16384 nodes"):
        tiny.load(looped(1 << 40, loop_body()))


def test_rounds_of_empty_bodies_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MOST_NODES", 1000)
    flags = [info("round", TensorProto.INT64, []), info("goes_on", TensorProto.BOOL, [])]
    rounds = numpy_helper.from_array(np.array(100), "rounds")
    again = info("goes_on", TensorProto.BOOL, [])
    inner = helper.make_graph([], "inner", flags, [again, info("round", TensorProto.INT64, [])])
    body = helper.make_graph([node("Loop", ["rounds", ""], ["seen"], body=inner)], "body",
                             flags, [again, info("seen", TensorProto.INT64, [100])], [rounds])  # fmt: skip
    made = node("Loop", ["rounds", ""], ["y"], body=body)
    with pytest.raises(ModelFormatError, match="more than 1000 nodes"):
        tiny.load(tiny.model([made], {"x": X}, ["y"], constants={"rounds": np.array(100)}))


def test_a_body_that_does_not_fit_is_refused() -> None:
    body = loop_body()
    del body.input[2]
    with pytest.raises(ModelFormatError, match="2 inputs, expected 3"):
        tiny.load(looped(5, body))


def test_what_a_body_holds_is_reported_by_its_own_name() -> None:
    body = loop_body()
    body.node[1].op_type = "Tanhh"
    with pytest.raises(UnsupportedOpError, match="Tanhh"):
        tiny.load(looped(5, body))


def scanned(x: np.ndarray, **attributes: Any) -> Any:
    nodes = [node("Mul", ["state", "decay"], ["less"]), node("Add", ["less", "slice"], ["next"]),
             node("Neg", ["next"], ["seen"])]  # fmt: skip
    inputs = [info(name, TensorProto.FLOAT, [4]) for name in ("state", "slice")]
    outputs = [info(name, TensorProto.FLOAT, [4]) for name in ("next", "seen")]
    held = [numpy_helper.from_array(np.array(0.5, np.float32), "decay")]
    body = helper.make_graph(nodes, "body", inputs, outputs, held)
    made = node("Scan", ["zero", "x"], ["y", "z"], body=body, num_scan_inputs=1, **attributes)
    return tiny.model([made], {"x": x}, ["y", "z"], constants={"zero": np.zeros(4, np.float32)})


@ENGINES
@pytest.mark.parametrize(
    ("attributes", "x"),
    [
        ({}, X),
        ({"scan_input_directions": [1]}, X),
        ({"scan_input_axes": [1], "scan_output_axes": [1]}, np.ascontiguousarray(X.T)),
        ({"scan_input_axes": [-1], "scan_output_directions": [1]}, np.ascontiguousarray(X.T)),
    ],
)
def test_scan(attributes: dict[str, Any], x: np.ndarray, native: bool) -> None:
    tiny.agree(scanned(x, **attributes), {"x": x}, native=native)


def test_scan_along_an_open_axis_is_refused() -> None:
    made = tiny.opened(scanned(X), {"x": ("n", None)})
    with pytest.raises(UnsupportedOpError, match="whose extent is open"):
        tiny.load(made)


def chosen(other_shape: tuple[int, ...] = (5, 4)) -> Any:
    """x W where the condition holds, else x + 1."""
    y = info("branch", TensorProto.FLOAT, None)
    weights = numpy_helper.from_array(WEIGHTS, "w")
    one = numpy_helper.from_array(np.ones(other_shape, np.float32), "one")
    then = helper.make_graph([node("MatMul", ["x", "w"], ["branch"])], "then", [], [y], [weights])
    otherwise = helper.make_graph([node("Add", ["x", "one"], ["branch"])], "else", [], [y], [one])
    made = node("If", ["c"], ["y"], then_branch=then, else_branch=otherwise)
    return tiny.model([made], {"x": X, "c": np.array([True])}, ["y"])


@ENGINES
@pytest.mark.parametrize("condition", [False, True])
def test_both_branches_run_where_the_condition_is_data(condition: bool, native: bool) -> None:
    tiny.agree(chosen(), {"x": X, "c": np.array([condition])}, native=native)


def test_branches_of_different_shapes_need_a_known_condition() -> None:
    made = chosen((2, 5, 4))
    with pytest.raises(UnsupportedOpError, match="its branches give"):
        tiny.load(made)
    condition = {"c": np.array([False])}
    tiny.agree(made, {"x": X, **condition}, freeze_inputs=condition)
