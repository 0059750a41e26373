# SPDX-License-Identifier: Apache-2.0
"""Damaged and hostile models: one clear error each, never another exception."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import lite_backend
import mutation
import node_cases
import numpy as np
import onnx
import pytest
import tiny
from damage import mutate_bytes
from onnx import TensorProto, helper

from lite import importers
from lite.errors import InputError, LiteError, ModelFormatError, UnsupportedOpError

X = np.zeros((1, 3, 8, 8), np.float32)
W = np.zeros((4, 3, 3, 3), np.float32)


def net() -> Any:
    """A model with something of everything: windows, shapes from shapes, branches, a function."""
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv", pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("BatchNormalization", ["c", "b", "b", "b", "v"], ["n"], name="norm"),
        helper.make_node("Relu", ["n"], ["r"]),
        helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Resize", ["p", "", "scales"], ["u"], mode="linear"),
        helper.make_node("Add", ["u", "r"], ["s"]),
        helper.make_node("Shape", ["s"], ["shape"]),
        helper.make_node("Gather", ["shape", "zero"], ["batch"]),
        helper.make_node("Unsqueeze", ["batch", "axes"], ["batch1"]),
        helper.make_node("Concat", ["batch1", "rest"], ["wanted"], axis=0),
        helper.make_node("Reshape", ["s", "wanted"], ["f"]),
        helper.make_node("Gemm", ["f", "m", "g"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["q"], axis=1),
        helper.make_node("Slice", ["q", "axes", "rest"], ["y"]),
    ]
    rng = np.random.default_rng(0)
    constants = {
        "w": rng.standard_normal((4, 3, 3, 3)).astype(np.float32),
        "b": np.ones(4, np.float32),
        "v": np.ones(4, np.float32),
        "scales": np.array([1, 1, 2, 2], np.float32),
        "zero": np.int64(0),
        "axes": np.array([0]),
        "rest": np.array([-1]),
        "m": rng.standard_normal((5, 64)).astype(np.float32),
        "g": np.zeros(5, np.float32),
    }
    return tiny.model(nodes, {"x": ("n", 3, 8, 8)}, constants=constants)


def test_the_model_that_is_damaged_here_is_sound() -> None:
    assert len(tiny.load(net()).nodes) > 8


def refused(made: Any, error: type[LiteError], *words: str, **options: Any) -> LiteError:
    content = made if isinstance(made, bytes) else made.SerializeToString()
    with pytest.raises(error) as caught:
        importers.load(content, format="onnx", **options)
    for word in words:
        assert word in str(caught.value), caught.value
    assert caught.value.where
    return caught.value


@pytest.mark.parametrize("content", [b"", b"\x08", b"hello", b"\x08\x07garbage" * 9, b"\xff" * 64])
def test_what_is_no_model_is_refused(content: bytes) -> None:
    refused(content, ModelFormatError)


def test_every_truncation_is_refused_or_read() -> None:
    content = net().SerializeToString()
    for end in range(0, len(content), 7):
        try:
            importers.load(content[:end], format="onnx")
        except LiteError:
            continue


def changed(change: Callable[[Any], None]) -> Any:
    made = net()
    change(made)
    return made


def test_a_cycle_is_refused() -> None:
    made = tiny.model(
        [helper.make_node("Neg", ["b"], ["a"], name="one"), helper.make_node("Abs", ["a"], ["b"])],
        {"x": X},
        ["a"],
    )
    refused(made, ModelFormatError, "cycle", "one")


def test_a_node_that_reads_itself_is_refused() -> None:
    refused(tiny.model([helper.make_node("Neg", ["a"], ["a"])], {"x": X}, ["a"]), ModelFormatError, "cycle")


def test_a_name_given_twice_is_refused() -> None:
    made = tiny.model(
        [helper.make_node("Neg", ["x"], ["y"]), helper.make_node("Abs", ["x"], ["y"])], {"x": X}
    )
    refused(made, ModelFormatError, "'y'", "two tensors")
    refused(
        changed(lambda m: m.graph.initializer.append(m.graph.initializer[0])), ModelFormatError, "two tensors"
    )


def test_a_missing_tensor_is_refused_with_the_node() -> None:
    refused(changed(lambda m: m.graph.initializer.pop(0)), ModelFormatError, "conv", "'w'")
    made = tiny.model([helper.make_node("Neg", ["x"], ["t"])], {"x": X}, ["y"])
    refused(made, ModelFormatError, "'y'")


def test_a_missing_input_is_refused() -> None:
    refused(
        tiny.model([helper.make_node("Conv", ["x"], ["y"])], {"x": X}), ModelFormatError, "Conv", "input 1"
    )


def test_no_output_is_refused() -> None:
    refused(tiny.model([], {"x": X}, []), ModelFormatError, "output")


def tensor(**changes: Any) -> Callable[[Any], None]:
    def change(made: Any) -> None:
        for name, value in changes.items():
            field = made.graph.initializer[0]
            if name == "dims":
                field.ClearField("dims")
                field.dims.extend(value)
            else:
                setattr(field, name, value)

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (tensor(raw_data=b"\0" * 17), ("17 bytes", "432")),
        (tensor(dims=[4, 3, 3, -3]), ("-3",)),
        (tensor(dims=[1 << 40, 1 << 40]), ("shape",)),
        (tensor(dims=[0, 1 << 62, 1 << 62]), ("bytes",)),
        (tensor(dims=[4, 3, 3]), ("bytes",)),
        (tensor(data_type=99), ("99",)),
        (tensor(data_type=0), ("0",)),
        (tensor(data_location=1), ("another file",)),
    ],
)
def test_damaged_tensors_are_refused(change: Callable[[Any], None], words: tuple[str, ...]) -> None:
    refused(changed(change), ModelFormatError, *words)


def test_unsupported_tensors_are_refused_in_words() -> None:
    refused(changed(tensor(data_type=TensorProto.COMPLEX64)), UnsupportedOpError, "COMPLEX64")
    made = net()
    made.graph.sparse_initializer.add().values.name = "w"
    made.graph.initializer.pop(0)
    refused(made, UnsupportedOpError, "sparse")


def with_dim(value: int) -> Any:
    made = net()
    made.graph.input[0].type.tensor_type.shape.dim[2].dim_value = value
    return made


@pytest.mark.parametrize("value", [-2, 1, 1 << 62])
def test_extents_that_cannot_be_are_refused(value: int) -> None:
    refused(with_dim(value), ModelFormatError)


def test_inputs_that_are_no_tensors_are_refused() -> None:
    made = net()
    made.graph.input[0].type.sequence_type.elem_type.tensor_type.elem_type = 1
    refused(made, UnsupportedOpError, "sequence")
    made.graph.input[0].ClearField("type")
    refused(made, UnsupportedOpError, "untyped")


def test_an_input_without_rank_is_refused_but_a_shape_helps() -> None:
    made = net()
    made.graph.input[0].type.tensor_type.ClearField("shape")
    refused(made, UnsupportedOpError, "rank", "input_shapes")
    tiny.load(made, input_shapes={"x": (1, 3, 8, 8)})


def test_wrong_options_are_refused() -> None:
    refused(net(), InputError, "nobody", "'x'", input_shapes={"nobody": (1,)})
    refused(net(), InputError, "nobody", freeze_inputs={"nobody": X})
    refused(net(), InputError, "rank", input_shapes={"x": (1, 3)})


@pytest.mark.parametrize(
    ("op", "attributes", "words"),
    [
        ("Conv", {"strides": [0, 1]}, ("strides",)),
        ("Conv", {"strides": [1]}, ("strides",)),
        ("Conv", {"pads": [1, 1]}, ("pads",)),
        ("Conv", {"group": 2}, ("groups",)),
        ("Conv", {"group": 0}, ("group",)),
        ("Conv", {"auto_pad": "SOME"}, ("SOME",)),
        ("Conv", {"kernel_shape": [5, 5]}, ("kernel_shape",)),
        ("Conv", {"strides": "wide"}, ("strides", "ints")),
        ("Conv", {"dilations": [1 << 40, 1]}, ("window",)),
    ],
)
def test_attributes_that_contradict_are_refused(
    op: str, attributes: dict[str, Any], words: tuple[str, ...]
) -> None:
    made = tiny.model(
        [helper.make_node(op, ["x", "w"], ["y"], name="wrong", **attributes)], {"x": X}, constants={"w": W}
    )
    refused(made, ModelFormatError, "wrong", *words)


@pytest.mark.parametrize(
    ("op", "constant", "attributes"),
    [
        ("Reshape", [5, 5], {}),
        ("Reshape", [-1, -1], {}),
        ("Reshape", [0, 0, 0, 0, 0], {}),
        ("Reshape", [-7, 1], {}),
        ("Expand", [7, 7], {}),
        ("Tile", [1, 1], {}),
        ("Gather", [0], {"axis": 9}),
        ("Gather", [0], {"axis": -5}),
        ("Squeeze", [1], {}),
        ("Unsqueeze", [0, 0], {}),
        ("Split", [1, 1], {}),
        ("Pad", [1, 2, 3], {}),
        ("ReduceSum", [7], {}),
        ("TopK", [1 << 40], {}),
    ],
)
def test_shapes_that_do_not_fit_are_refused(op: str, constant: list[int], attributes: dict[str, Any]) -> None:
    made = tiny.model(
        [helper.make_node(op, ["x", "c"], ["y"], name="wrong", **attributes)],
        {"x": X},
        constants={"c": np.array(constant)},
    )
    refused(made, ModelFormatError, "wrong", op)


@pytest.mark.parametrize("op", ["ConstantOfShape", "Expand", "Tile", "Pad", "Range"])
def test_huge_results_are_not_made(op: str) -> None:
    """The importer computes shapes, not contents, of what a few bytes blow up."""
    huge = {
        "ConstantOfShape": ["s"],
        "Expand": ["one", "s"],
        "Tile": ["x", "s"],
        "Pad": ["x", "p"],
        "Range": ["zero", "end", "one"],
    }
    constants = {
        "s": np.full(4, 1 << 40),
        "p": np.full(8, 1 << 40),
        "zero": np.int64(0),
        "end": np.int64(1 << 60),
        "one": np.int64(1),
    }
    made = tiny.model([helper.make_node(op, huge[op], ["y"])], {"x": X}, constants=constants)
    refused(made, ModelFormatError, "shape")


def test_mutated_models_end_in_a_graph_or_an_error() -> None:
    """Seeded: bytes flipped, cut out, repeated and swapped."""
    content = net().SerializeToString()
    outcomes = {"read": 0, "refused": 0}
    for seed in range(2000):
        mutated = mutate_bytes(content, random.Random(seed))
        try:
            importers.load(mutated, format="onnx")
            outcomes["read"] += 1
        except LiteError as error:
            assert str(error)
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 100, outcomes


def test_mutated_fields_of_onnx_own_models_end_in_a_graph_or_an_error() -> None:
    """Seeded: names, ops, attributes, types, contents and versions changed in models of every op."""
    outcomes = {"read": 0, "refused": 0}
    models = [case for case in node_cases.cases() if case.group in ("ops", "expanded", "pytorch-operator")]
    for seed in range(1500):
        dice = random.Random(seed)
        case = dice.choice(models)
        made = mutation.mutate_model(case.model(), dice)
        frozen = mutation.random_freeze(lite_backend.frozen_inputs(made, case.data()[0][0]), dice)
        try:
            importers.load(made.SerializeToString(), format="onnx", freeze_inputs=frozen)
            outcomes["read"] += 1
        except LiteError as error:
            assert str(error)
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 250, outcomes


def test_fields_mutated_one_by_one_end_in_a_graph_or_an_error() -> None:
    """Ints of the parsed model set to what breaks naive arithmetic."""
    for number in (0, -1, 1 << 31, (1 << 63) - 1, -(1 << 63)):
        for path in _int_fields(net()):
            made = net()
            field, position = _walk_to(made, path[:-1]), path[-1]
            try:
                field[position] = number
            except (ValueError, TypeError):  # the field cannot hold it
                continue
            try:
                importers.load(made.SerializeToString(), format="onnx")
            except LiteError as error:
                assert str(error)


def _int_fields(made: Any) -> list[tuple[Any, ...]]:
    """Where the repeated ints of nodes and initialisers are."""
    found: list[tuple[Any, ...]] = []
    for place, node in enumerate(made.graph.node):
        for number, attribute in enumerate(node.attribute):
            found += [("node", place, "attribute", number, "ints", i) for i in range(len(attribute.ints))]
    for place, initializer in enumerate(made.graph.initializer):
        found += [("initializer", place, "dims", i) for i in range(len(initializer.dims))]
    return found


def _walk_to(made: Any, path: tuple[Any, ...]) -> Any:
    here = made.graph
    for step in path:
        here = getattr(here, step) if isinstance(step, str) else here[step]
    return here


def test_integers_in_constants_that_decide_shapes_are_checked() -> None:
    for name in ("axes", "rest", "zero"):
        for number in (-(1 << 63), -9, 7, 1 << 40, (1 << 63) - 1):
            made = net()
            initializer = next(item for item in made.graph.initializer if item.name == name)
            initializer.CopyFrom(
                onnx.numpy_helper.from_array(np.full(tuple(initializer.dims), number, np.int64), name)
            )
            try:
                importers.load(made.SerializeToString(), format="onnx")
            except LiteError as error:
                assert str(error)


def test_shapes_that_double_their_formulas_are_refused() -> None:
    """64 halvings that are joined to what they halve would make a formula of 2 ** 64 terms."""
    constants = {"zero": np.array([0]), "half": np.array([1, 1, 0.5, 1], np.float32)}
    nodes = []
    for step in range(64):
        before = f"t{step}" if step else "x"
        nodes.append(helper.make_node("Resize", [before, "", "half"], [f"h{step}"]))
        nodes.append(helper.make_node("Concat", [before, f"h{step}"], [f"t{step + 1}"], axis=2))
    made = tiny.model(nodes, {"x": (1, 1, "h", 4)}, ["t64"], constants=constants)
    refused(made, UnsupportedOpError, "input_shapes")
