# SPDX-License-Identifier: Apache-2.0
"""What cannot be imported: everything at once, with the reason and what to do; damage in one sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tf_graphs import calls, const, function, graph, image, node, shape

from lite.errors import InputError, LiteError, ModelFormatError, UnsupportedOpError
from lite.importers import known_ops
from lite.importers.tensorflow import load
from lite.ir import Graph
from lite.ir.interpret import interpret

FLOAT = np.dtype("float32")
W = const("w", np.zeros((3, 3, 2, 5)))


def _refused(*nodes: Any, error: type[LiteError] = ModelFormatError, functions: tuple[Any, ...] = ()) -> str:
    with pytest.raises(error) as caught:
        load(graph(*nodes, functions=functions))
    return str(caught.value)


def _conv(**changes: Any) -> Any:
    given = {"strides": (1, 1, 1, 1), "padding": "SAME", **changes}
    return node("it", "Conv2D", "x", "w", **given)


def _placeholder(name: str, dtype: str, *extents: int) -> Any:
    return node(name, "Placeholder", dtype=np.dtype(dtype), shape=shape(*extents))


def test_unsupported_ops_are_told_all_at_once() -> None:
    mysteries = [node(f"m{at}", "Mystery", "x") for at in range(7)]
    message = _refused(image(), *mysteries, node("r", "CudnnRNNV3", "m0"), node("y", "Relu", "r"),
                       error=UnsupportedOpError)  # fmt: skip
    assert "8 nodes cannot be imported" in message
    assert "Mystery x7 (m1, m2, m3, m4, m5, ...): there is no rule" in message
    assert "CudnnRNNV3 x1 (r): recurrent layers have no kernel" in message


@pytest.mark.parametrize(
    ("op", "words"),
    [
        ("Enter", "control flow"),
        ("TensorListGather", "control flow"),
        ("Case", "which branch is taken"),
        ("NonMaxSuppressionV3", "depends on data"),
        ("Where", "depends on data"),
        ("RandomUniform", "random"),
        ("HashTableV2", "text and tables"),
        ("DecodeJpeg", "reads data"),
        ("QuantizeV2", "convert the model to TFLite"),
        ("Conv3D", "three axes"),
        ("PyFunc", "a program in Python"),
        ("NoSuchOp", "no rule"),
    ],
)
def test_reasons(op: str, words: str) -> None:
    assert words in _refused(image(), node("y", op, "x"), error=UnsupportedOpError)
    assert op not in known_ops("tensorflow")


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([node("it", "FusedBatchNorm", "x", *"wwww")], "is_training"),
        ([_conv(data_format="NHCW")], "layout 'nhcw'"),
        (
            [node("it", "Switch", "x", "flag"), _placeholder("flag", "bool")],
            "which branch is taken is known only when running",
        ),
        (
            [node("it", "Reshape", "x", "size"), _placeholder("size", "int32", 2)],
            "its shape is computed from data",
        ),
        (
            [
                node("it", "MaxPool", "w2", ksize=(1, 1, 1, 1), strides=(1, 1, 1, 1), padding="SAME"),
                node("w2", "Squeeze", "x", squeeze_dims=(0,)),
            ],
            "tensors of 4 axes",
        ),
        (
            [node("it", "Conv2DBackpropInput", "w", "w", "x", strides=(1, 1, 1, 1), padding="EXPLICIT")],
            "explicit pads",
        ),
    ],
)
def test_what_is_not_supported(nodes: list[Any], words: str) -> None:
    message = _refused(image(), W, *nodes, error=LiteError)
    assert words in message
    assert "it" in message


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([_conv(strides=(1, 0, 1, 1))], "strides is [1, 0, 1, 1]"),
        ([_conv(strides=(2, 1, 1, 1))], "for height and width only"),
        ([_conv(strides=(1, 1))], "a number for each of 4 axes"),
        ([_conv(padding="EVEN")], "the padding is 'EVEN'"),
        ([_conv(padding="EXPLICIT", explicit_paddings=(1, 1))], "explicit_paddings is [1, 1]"),
        ([node("it", "Conv2D", "x", "w", strides=(1, 1, 1, 1))], "attribute 'padding' is missing"),
        ([node("it", "Conv2D", "x", "w", strides=3, padding="SAME")], "'strides' is of another type"),
        ([node("it", "Conv2D", "x", strides=(1, 1, 1, 1), padding="SAME")], "input 1 is missing"),
        ([node("it", "Conv2D", "x", "x", strides=(1, 1, 1, 1), padding="SAME")], "do not fit the channels"),
        ([node("it", "Reshape", "x", "n"), const("n", [7, 7], "int32")], "reshape"),
        ([node("it", "Transpose", "x", "n"), const("n", [0, 0, 1, 2], "int32")], "name one axis twice"),
        ([node("it", "Transpose", "x", "n"), const("n", [0, 1], "int32")], "the permutation is [0, 1]"),
        ([node("it", "Squeeze", "x", squeeze_dims=(1,))], "has not the extent 1"),
        ([node("it", "ConcatV2", "x", "n"), const("n", 9, "int32")], "axis 9 is out of range"),
        ([node("it", "Split", "n", "x", num_split=3), const("n", 1, "int32")], "cannot be split into 3"),
        (
            [node("it", "SplitV", "x", "s", "n"), const("s", [-1, -1], "int32"), const("n", 1, "int32")],
            "at most one -1",
        ),
        ([node("it", "Unpack", "x", num=3, axis=1)], "taken apart into 3"),
        ([node("it", "Pad", "x", "n"), const("n", [[1, -1]] * 4, "int32")], "two >= 0 for each axis"),
        (
            [node("it", "MirrorPad", "x", "n", mode="TURN"), const("n", [[1, 1]] * 4, "int32")],
            "the mode is 'TURN'",
        ),
        (
            [
                node("it", "MirrorPad", "x", "n", mode="SYMMETRIC"),
                const("n", [[0, 0], [10**9, 0], [0, 0], [0, 0]], "int32"),
            ],
            "it mirrors 1000000000 and 0 elements at the ends of axis",
        ),
        ([node("it", "ResizeBilinear", "x", "n"), const("n", [3], "int32")], "height and width"),
        (
            [
                node("it", "SpaceToBatchND", "x", "b", "n"),
                const("b", [3, 3], "int32"),
                const("n", [[0, 0]] * 2, "int32"),
            ],
            "do not divide",
        ),
        (
            [
                node("it", "StridedSlice", "x", "b", "b", "s"),
                const("b", [0], "int32"),
                const("s", [0], "int32"),
            ],
            "a stride is 0",
        ),
        ([node("it", "AddV2", "x", "n"), const("n", [1, 2, 3])], "broadcast"),
        ([node("it", "Const", dtype=FLOAT)], "attribute 'value' is missing"),
    ],
)
def test_what_contradicts_itself(nodes: list[Any], words: str) -> None:
    ends = [node("end", "Relu", "it")] if nodes[0].op == "Const" else []
    message = _refused(image(), W, *nodes, *ends)
    assert words in message
    assert "node 'it'" in message


# Graphs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"hello, world", b"\x0a\xff\xff\xff\xff\x0f", b"\x08\x01"])
def test_foreign_bytes_are_no_graph(data: bytes) -> None:
    with pytest.raises(ModelFormatError, match="no graph of TensorFlow"):
        load(data)


def test_circles_are_told() -> None:
    nodes = [node("a", "AddV2", "x", "b"), node("b", "Relu", "a"), node("y", "Relu", "b")]
    assert "reads itself, around a circle" in _refused(image(), *nodes)


def test_a_missing_node_is_told() -> None:
    assert "'y' reads 'ghost', which is not there" in _refused(image(), node("y", "Relu", "ghost"))


def test_two_nodes_of_one_name_are_told() -> None:
    assert "two nodes have this name" in _refused(image(), node("x", "Relu", "x"))


def test_an_output_that_is_not_there_is_told() -> None:
    parts = [node("s", "Split", "n", "x", num_split=2), const("n", 1, "int32"), node("y", "Relu", "s:2")]
    assert "reads 's:2', but 's' has 2 outputs" in _refused(image(), *parts)


def test_a_graph_without_results_is_told() -> None:
    assert "no output" in _refused(image())


def test_variables_without_contents_are_told() -> None:
    nodes = [node("v", "VarHandleOp"), node("r", "ReadVariableOp", "v"), node("y", "AddV2", "x", "r")]
    assert "variable 'v' has no content: there are no files of variables" in _refused(image(), *nodes)


def test_huge_and_negative_extents_are_told() -> None:
    relu = node("y", "Relu", "x")
    assert "the shape [-3]" in _refused(image(-3), relu)
    assert "the shape [" in _refused(image(1 << 40, 1 << 40), relu)
    assert "its rank is unknown" in _refused(
        node("x", "Placeholder", dtype=FLOAT), relu, error=UnsupportedOpError
    )


def test_tensors_that_blow_up_are_told() -> None:
    bomb = const("c", [1.0])
    value = next(entry for entry in bomb.attr if entry.key == "value").value.tensor
    value.ClearField("tensor_content")
    value.float_val.append(1.0)
    value.tensor_shape.dim[0].size = 1 << 30
    assert "the tensor has 1 elements" in _refused(image(), bomb, node("y", "AddV2", "x", "c"))
    value.tensor_shape.dim[0].size = 1 << 60
    assert "the tensor's shape is" in _refused(image(), bomb, node("y", "AddV2", "x", "c"))
    value.tensor_shape.dim[0].size = -1
    assert "the tensor's shape is [-1]" in _refused(image(), bomb, node("y", "AddV2", "x", "c"))


def test_content_that_disagrees_with_its_shape_is_told() -> None:
    broken = const("c", [1.0, 2.0])
    next(entry for entry in broken.attr if entry.key == "value").value.tensor.tensor_shape.dim[0].size = 3
    message = _refused(image(), broken, node("y", "AddV2", "x", "c"))
    assert "the tensor has 8 bytes, expected 12 for f32[3]" in message
    assert "node 'c' (Const)" in message


def test_elements_that_repeat_or_are_left_out() -> None:
    content = const("c", np.zeros(2))
    value = next(entry for entry in content.attr if entry.key == "value").value.tensor
    value.ClearField("tensor_content")
    y = node("y", "AddV2", "x", "c")
    assert _added(load(graph(image(1), content, y))) == [0, 0]
    value.float_val.append(3.0)
    assert _added(load(graph(image(1), content, y))) == [3, 3]
    value.float_val.extend([4.0, 5.0])
    assert "has 3 elements, expected 2" in _refused(image(1), content, y)


def _added(made: Graph) -> list[float]:
    return [float(number) for number in interpret(made, {"x": np.zeros(1, np.float32)})["y"]]


def test_options_that_do_not_fit() -> None:
    model = graph(image(1, 4), node("y", "Relu", "x"))
    with pytest.raises(InputError, match=r"input_shapes names \['z'\], but the inputs are \['x'\]"):
        load(model, input_shapes={"z": (1,)})
    with pytest.raises(InputError, match="but its rank is 2"):
        load(model, input_shapes={"x": (1,)})


def test_inputs_can_be_frozen_or_reshaped() -> None:
    model = graph(image(-1, 4), const("w", np.ones(4)), node("y", "Mul", "x", "w"))
    assert load(model, input_shapes={"x": (3, 4)}).outputs[0].type.shape == (3, 4)
    assert not load(model, freeze_inputs={"x": np.ones((1, 4))}).inputs


# Functions -------------------------------------------------------------------------------------------

TWICE = function("twice", "a", "sum:z:0", node("sum", "AddV2", "a", "a"))


def test_functions_are_taken_apart() -> None:
    call = node("y", "PartitionedCall", "x", f=calls("twice"))
    made = load(graph(image(2), call, functions=(TWICE,)))
    assert [found.op.name for found in made.nodes] == ["add"]


def test_functions_that_are_missing_or_misfit_are_told() -> None:
    call = node("y", "PartitionedCall", "x", f=calls("thrice"))
    assert "calls the function 'thrice', which is not there" in _refused(image(), call, functions=(TWICE,))
    call = node("y", "PartitionedCall", "x", "x", f=calls("twice"))
    assert "takes 1 arguments, found 2" in _refused(image(), call, functions=(TWICE,))


def test_functions_that_call_themselves_are_told() -> None:
    again = function("again", "a", "c:output:0", node("c", "PartitionedCall", "a", f=calls("again")))
    call = node("y", "PartitionedCall", "x", f=calls("again"))
    assert "more than 32 deep" in _refused(image(), call, functions=(again,))


def test_functions_that_double_are_told() -> None:
    bodies = [
        function(f"f{at}", "a", "b:output:0", node("c", "PartitionedCall", "a", f=calls(f"f{at + 1}")),
                 node("b", "PartitionedCall", "c:output:0", f=calls(f"f{at + 1}")))
        for at in range(28)
    ]  # fmt: skip
    last = function("f28", "a", "b:output:0", node("b", "Identity", "a"))
    call = node("y", "PartitionedCall", "x", f=calls("f0"))
    assert "more than 16384 times" in _refused(image(), call, functions=(*bodies, last))


def _loop(ends: str) -> list[Any]:
    again = function(
        "again", "at x", ends, node("less", "Less", "at", "three:output:0"), const("three", 3, "int32")
    )
    step = function(
        "step", "at x", "next:z:0", node("next", "AddV2", "at", "one:output:0"), const("one", 1, "int32")
    )
    step.signature.output_arg.add(name="double")
    step.ret.add(key="double", value="twice:z:0")
    step.node_def.append(node("twice", "AddV2", "x", "x"))
    return [again, step]


def test_loops_that_constants_end_are_unrolled() -> None:
    loop = node("while", "StatelessWhile", "zero", "x", cond=calls("again"), body=calls("step"))
    parts = [image(2), const("zero", 0, "int32"), loop, node("y", "Neg", "while:1")]
    made = load(graph(*parts, functions=tuple(_loop("less:z:0"))))
    assert [found.op.name for found in made.nodes] == ["add", "add", "add", "neg"]


def test_loops_that_never_end_are_told() -> None:
    endless = _loop("yes:output:0")
    endless[0].node_def.append(const("yes", True, "bool"))
    loop = node("while", "While", "zero", "x", cond=calls("again"), body=calls("step"))
    parts = [image(2), const("zero", 0, "int32"), loop, node("y", "Neg", "while:1")]
    assert "called more than 16384 times" in _refused(*parts, functions=tuple(endless))


def test_loops_that_data_ends_are_told() -> None:
    loop = node("while", "While", "n", "x", cond=calls("again"), body=calls("step"))
    parts = [image(2), _placeholder("n", "int32"), loop, node("y", "Neg", "while:1")]
    message = _refused(*parts, functions=tuple(_loop("less:z:0")), error=UnsupportedOpError)
    assert "While x1 (while): control flow: how often its body runs is known only when running" in message


@pytest.mark.parametrize(("flag", "op"), [(True, "add"), (False, "neg")])
def test_functions_that_constants_choose(flag: bool, op: str) -> None:
    minus = function("minus", "a", "neg:y:0", node("neg", "Neg", "a"))
    choice = node("y", "StatelessIf", "flag", "x", then_branch=calls("twice"), else_branch=calls("minus"))
    made = load(graph(image(2), const("flag", flag, "bool"), choice, functions=(TWICE, minus)))
    assert [found.op.name for found in made.nodes] == [op]


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([node("it", "TensorListReserve", "n", "n"), const("n", 1 << 20, "int32")], "1048576 places"),
        ([node("it", "TensorListGetItem", "list", "n", "n"), const("n", 0, "int32")], "nothing was put into"),
        (
            [node("it", "TensorListGetItem", "list", "n", "n"), const("n", 7, "int32")],
            "is not in a list of 2",
        ),
        ([node("it", "TensorListStack", "list", "two")], "nothing was put into"),
        ([node("it", "TensorListStack", "x", "two")], "is no list of tensors"),
        ([node("it", "Relu", "list")], "input 0 is missing"),
    ],
)
def test_lists_that_are_wrong(nodes: list[Any], words: str) -> None:
    parts = [const("two", 2, "int32"), node("list", "TensorListReserve", "two", "two")]
    ends = [node("end", "TensorListLength", "it")] if nodes[0].op == "TensorListReserve" else []
    assert words in _refused(image(2), *parts, *nodes, *ends, error=LiteError)


def test_branches_on_constants_are_taken() -> None:
    nodes = [
        const("flag", True, "bool"), node("s", "Switch", "x", "flag"), node("no", "Mystery", "s"),
        node("yes", "Neg", "s:1"), node("y", "Merge", "no", "yes"),
    ]  # fmt: skip
    assert [found.op.name for found in load(graph(image(2), *nodes)).nodes] == ["neg"]
