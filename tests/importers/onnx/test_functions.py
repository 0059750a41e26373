# SPDX-License-Identifier: Apache-2.0
"""Functions of the model and of ONNX itself, branches, and order of nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tiny
from onnx import AttributeProto, TensorProto, helper

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.onnx import rules

X = np.random.default_rng(3).standard_normal((2, 3, 4)).astype(np.float32)
OPSET = [helper.make_opsetid("", 17)]


def function(
    name: str,
    inputs: list[str],
    outputs: list[str],
    nodes: list[Any],
    attributes: Any = (),
    defaults: Any = (),
) -> Any:
    imports = [*OPSET, helper.make_opsetid("mine", 1)]
    return helper.make_function(
        "mine", name, inputs, outputs, nodes, imports, list(attributes), list(defaults)
    )


def reference(node: Any, name: str, to: str, kind: int) -> Any:
    """The node with an attribute that refers to one of the calling function."""
    attribute = AttributeProto()
    attribute.name, attribute.ref_attr_name, attribute.type = name, to, kind
    node.attribute.append(attribute)
    return node


def test_local_functions_are_expanded_with_their_attributes() -> None:
    leaky = reference(helper.make_node("LeakyRelu", ["a"], ["t"]), "alpha", "slope", AttributeProto.FLOAT)
    inner = function(
        "Inner", ["a", "b"], ["r"], [leaky, helper.make_node("Add", ["t", "b"], ["r"])], ["slope"]
    )
    call = reference(
        helper.make_node("Inner", ["a", "a"], ["t"], domain="mine"), "slope", "steep", AttributeProto.FLOAT
    )
    outer = function(
        "Outer",
        ["a"],
        ["r"],
        [call, helper.make_node("Neg", ["t"], ["r"])],
        [],
        [helper.make_attribute("steep", 0.3)],
    )
    nodes = [
        helper.make_node("Outer", ["x"], ["t"], domain="mine"),
        helper.make_node("Outer", ["t"], ["y"], domain="mine", steep=0.7),
    ]
    made = tiny.model(nodes, {"x": X}, functions=[inner, outer], output_types={"y": TensorProto.FLOAT})
    graph = tiny.agree(made, {"x": X})
    assert [node.op.name for node in graph.nodes] == ["leaky_relu", "add", "neg"] * 2


def test_an_optional_input_of_a_function_may_be_left_out() -> None:
    clip = function(
        "Clamp", ["a", "low", "high"], ["r"], [helper.make_node("Clip", ["a", "low", "high"], ["r"])]
    )
    node = helper.make_node("Clamp", ["x", "", "h"], ["y"], domain="mine")
    made = tiny.model(
        [node],
        {"x": X},
        constants={"h": np.float32(0.5)},
        functions=[clip],
        output_types={"y": TensorProto.FLOAT},
    )
    graph = tiny.load(made)
    assert [str(node.op) for node in graph.nodes] == ["Clip(lo=-inf, hi=0.5)"]


def test_a_function_that_calls_itself_is_refused() -> None:
    loop = function("Again", ["a"], ["r"], [helper.make_node("Again", ["a"], ["r"], domain="mine")])
    made = tiny.model([helper.make_node("Again", ["x"], ["y"], domain="mine")], {"x": X}, functions=[loop])
    with pytest.raises(ModelFormatError, match="nested deeper"):
        tiny.load(made)


def test_functions_that_multiply_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from lite.importers.onnx import walk

    monkeypatch.setattr(walk, "MOST_NODES", 1000)
    functions = [function("F0", ["a"], ["r"], [helper.make_node("Neg", ["a"], ["r"])])]
    for level in range(1, 16):
        nodes = [
            helper.make_node(f"F{level - 1}", ["a"], ["t"], domain="mine"),
            helper.make_node(f"F{level - 1}", ["t"], ["r"], domain="mine"),
        ]
        functions.append(function(f"F{level}", ["a"], ["r"], nodes))
    made = tiny.model([helper.make_node("F15", ["x"], ["y"], domain="mine")], {"x": X}, functions=functions)
    with pytest.raises(ModelFormatError, match="more than 1000 nodes"):
        tiny.load(made)


@pytest.mark.parametrize(
    ("op", "opset", "attributes"),
    [
        ("Celu", 13, {"alpha": 0.5}),
        ("Shrink", 9, {"lambd": 0.4}),
    ],
)
def test_ops_without_a_rule_become_their_bodies(op: str, opset: int, attributes: dict[str, Any]) -> None:
    assert rules.find(op, opset) is None, f"{op} has a rule now: take its row out of this test"
    made = tiny.model([helper.make_node(op, ["x"], ["y"], **attributes)], {"x": X}, opset=opset)
    tiny.agree(made, {"x": X})


def branches() -> Any:
    then_graph = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["a"])],
        "then",
        [],
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, [2, 3, 4])],
    )
    else_graph = helper.make_graph(
        [helper.make_node("Abs", ["x"], ["b"])],
        "else",
        [],
        [helper.make_tensor_value_info("b", TensorProto.FLOAT, [2, 3, 4])],
    )
    return helper.make_node("If", ["c"], ["y"], then_branch=then_graph, else_branch=else_graph)


@pytest.mark.parametrize("condition", [True, False])
def test_a_branch_with_a_known_condition_is_taken(condition: bool) -> None:
    made = tiny.model([branches()], {"x": X}, constants={"c": np.array(condition)})
    graph = tiny.agree(made, {"x": X})
    assert [node.op.name for node in graph.nodes] == ["neg" if condition else "abs"]


def test_a_condition_from_extents_is_decided() -> None:
    """Whether an extent is greater than 0 does not depend on running."""
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Gather", ["s", "zero"], ["n"]),
        helper.make_node("Greater", ["n", "zero"], ["c"]),
        branches(),
    ]
    made = tiny.model(nodes, {"x": ("n", 3, 4)}, constants={"zero": np.int64(0)})
    assert [node.op.name for node in tiny.load(made).nodes] == ["neg"]


def test_nodes_out_of_order_are_sorted() -> None:
    nodes = [helper.make_node("Neg", ["t"], ["y"]), helper.make_node("Abs", ["x"], ["t"])]
    graph = tiny.load(tiny.model(nodes, {"x": X}))
    assert [node.op.name for node in graph.nodes] == ["abs", "neg"]


def test_every_unsupported_op_is_told_at_once() -> None:
    nodes = [
        helper.make_node("SplitToSequence", ["x"], ["a"], name="first"),
        *(helper.make_node("Det", ["x"], [f"d{i}"], name=f"det{i}") for i in range(7)),
        helper.make_node("Neg", ["d0"], ["n"]),
        helper.make_node("Unheard", ["n"], ["u"], domain="com.acme"),
        helper.make_node("Relu", ["x"], ["y"]),
    ]
    made = tiny.model(nodes, {"x": X}, ["y"])
    made.opset_import.append(helper.make_opsetid("com.acme", 1))
    with pytest.raises(UnsupportedOpError) as caught:
        tiny.load(made)
    rows = {row.op: row for row in caught.value.ops}
    assert set(rows) == {"SplitToSequence", "Det", "Unheard"}
    assert rows["Det"].nodes == [f"det{i}" for i in range(7)]
    assert "Det x7 (det0, det1, det2, det3, det4, ...)" in str(caught.value)
    assert all(row.why and row.todo for row in rows.values())
