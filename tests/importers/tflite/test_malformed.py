# SPDX-License-Identifier: Apache-2.0
"""Models that contradict themselves, or ask for what is not there: each is told with the operator's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tfl_case import Case, T, case, floats, ints
from tfl_math import held
from tfl_writer import OPS, TYPES, packed

from lite.errors import InputError, LiteError, ModelFormatError, UnsupportedOpError
from lite.importers.tflite import load
from lite.ir import Dim

Model = dict[str, Any]


def _two() -> Model:
    """y = relu(x * w)"""
    tensors = {"x": T(floats(1, 2, 3)), "w": held(floats(2, 3)), "a": T(), "y": T()}
    return Case("two", tensors, [("MUL", ["x", "w"], ["a"], {}), ("RELU", ["a"], ["y"], {})]).model()


def _graph(model: Model) -> Model:
    graph: Model = model["subgraphs"][0]
    return graph


def _cycle(model: Model) -> None:
    _graph(model)["operators"][0]["inputs"] = [3, 1]


def _twice(model: Model) -> None:
    _graph(model)["operators"][1]["outputs"] = [2]


def _over_constant(model: Model) -> None:
    _graph(model)["operators"][1]["outputs"] = [1]


def _nobody(model: Model) -> None:
    _graph(model)["operators"][1]["inputs"] = [3]
    _graph(model)["operators"][1]["outputs"] = [2]
    _graph(model)["operators"].pop(0)


def _tensor(**changes: Any) -> Callable[[Model], None]:
    return lambda model: _graph(model)["tensors"][1].update(changes)


def _top(**changes: Any) -> Callable[[Model], None]:
    return lambda model: model.update(changes)


def _first(**changes: Any) -> Callable[[Model], None]:
    return lambda model: _graph(model)["operators"][0].update(changes)


def _quantization(**fields: Any) -> Callable[[Model], None]:
    return _tensor(type=TYPES["INT8"], shape=[12], quantization=fields)


BROKEN: tuple[tuple[str, Callable[[Model], None], str], ...] = (
    ("cycle", _cycle, r"operator 0 \(MUL, 'a'\): tensor 3 \('y'\) is read, but operator 1, which runs later"),
    ("written twice", _twice, r"operator 1 \(RELU, 'a'\): it writes tensor 2 .* by operator 0 already"),
    ("writes a constant", _over_constant, r"it writes tensor 1 \('w'\), which is a constant"),
    ("nothing writes", _nobody, r"operator 0 \(RELU, 'a'\): tensor 3 \('y'\) is read, but nothing writes it"),
    ("version", _top(version=4), "the model is of version 4, expected 3"),
    ("no subgraph", _top(subgraphs=[]), "the model has no subgraph"),
    ("tensor index", _first(inputs=[0, 9]), r"an input of operator 0 \(MUL\) is tensor 9, but there are 4"),
    ("negative index", _first(outputs=[-1]), r"an output of operator 0 \(MUL\) is tensor -1"),
    ("no output", _first(outputs=[]), r"operator 1 \(RELU, 'y'\): tensor 2 .* is read, but nothing writes"),
    ("left out", _first(inputs=[0]), r"operator 0 \(MUL, 'a'\): input 1 is missing: it has 1"),
    ("code index", _first(opcode_index=7), "operator 0 has code 7, but there are 2"),
    ("other options", _first(builtin_options=("Pool2DOptions", {})),
     r"operator 0 \(MUL\) has Pool2DOptions, expected MulOptions"),
    ("buffer index", _tensor(buffer=5), r"tensor 1 \('w'\) has buffer 5, but there are 2"),
    ("negative extent", _tensor(shape=[-3]), r"tensor 1 \('w'\) has shape \[-3\] and signature \[-3\]"),
    ("more negative", _tensor(shape_signature=[-2]), r"tensor 1 .* has shape \[3\] and signature \[-2\]"),
    ("huge extent", _tensor(shape=[1 << 30] * 3), r"FLOAT32\[1073741824, .* has 12 bytes, expected \d{20,}"),
    ("other type", _tensor(type=TYPES["INT64"]), r"tensor 1 \('w'\) of INT64\[3\] has 12 bytes, expected 24"),
    ("truncated", lambda model: model["buffers"][1].update(data=[1, 2]), r"has 2 bytes, expected 12"),
    ("behind the file", lambda model: model["buffers"].__setitem__(1, {"offset": 1 << 40, "size": 12}),
     r"the buffer of tensor 1 \('w'\) lies at bytes 1099511627776 to"),
    ("types differ", _tensor(type=TYPES["INT32"]), r"operator 0 \(MUL, 'a'\): mul\(.*f32"),
    ("scale", _quantization(scale=[-1.0]), r"the scale of tensor 1 \('w'\) is -1"),
    ("scale NaN", _quantization(scale=[np.nan]), "the scale of tensor 1 .* is nan"),
    ("scales", _quantization(scale=[1.0, 2.0]), r"has shape \[2\], expected \[\] or \[12\]"),
    ("scales' axis", _quantization(scale=[1.0, 2.0], quantized_dimension=3), "scales along axis 3 of 1 axes"),
    ("zero point", _quantization(scale=[1.0], zero_point=[300]), "zero point is 300, expected -128 to 127"),
    ("output type", lambda model: _graph(model)["tensors"][2].update(type=TYPES["BOOL"]),
     r"it writes tensor 2 \('a'\) of BOOL, but its result is of f32"),
    ("input twice", lambda model: _graph(model).update(inputs=[0, 0]), "one is named twice"),
    ("input is a constant", lambda model: _graph(model).update(inputs=[1]), "is a constant, too"),
    ("no outputs", lambda model: _graph(model).update(outputs=[]), "the model has no output"),
    ("custom op without a name", lambda model: model["operator_codes"][0].update(builtin_code=32),
     "operator 0 is a custom op without a name"),
)  # fmt: skip


@pytest.mark.parametrize(("change", "words"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_contradictions_are_told(change: Callable[[Model], None], words: str) -> None:
    model = _two()
    change(model)
    with pytest.raises(ModelFormatError, match=words):
        load(packed(model))


UNSUPPORTED: tuple[tuple[str, Callable[[Model], None], str], ...] = (
    ("unknown op", lambda model: model["operator_codes"][0].update(builtin_code=999), "builtin op 999"),
    ("no rule", lambda model: model["operator_codes"][0].update(builtin_code=OPS["RFFT2D"]),
     r"RFFT2D x1 \(a\): there is no op"),
    ("call", lambda model: model["operator_codes"][0].update(builtin_code=OPS["CALL"]), "control flow"),
    ("another file", _tensor(external_buffer=3), r"tensor 1 \('w'\) lies in another file"),
    ("type", _tensor(type=TYPES["COMPLEX64"]), "tensors of COMPLEX64 are not supported"),
    ("type of an input", lambda model: _graph(model)["tensors"][0].update(type=TYPES["STRING"]),
     r"\(input\) x1 \(x\): tensors of STRING"),
    ("activation", _first(builtin_options=("MulOptions", {"fused_activation_function": 5})),
     "the activation number 5 is not supported"),
    ("state", lambda model: _graph(model)["tensors"][1].update(buffer=0, is_variable=True),
     "reads the variable 'w'"),
    ("blocks", _quantization(scale=[1.0], details_type=2), "quantized in blocks"),
    ("zero points", _quantization(scale=[1.0] * 12, zero_point=list(range(12))), "zero points differ"),
    ("flex", lambda model: model["operator_codes"][0].update(builtin_code=32, custom_code="FlexErf"),
     "an op of TensorFlow itself"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"), [row[1:] for row in UNSUPPORTED], ids=[row[0] for row in UNSUPPORTED]
)
def test_what_is_not_supported_is_told(change: Callable[[Model], None], words: str) -> None:
    model = _two()
    change(model)
    with pytest.raises(UnsupportedOpError, match=words):
        load(packed(model))


def test_all_ops_without_a_rule_are_told_at_once() -> None:
    tensors = {"x": T(floats(1, 4)), "a": T(), "b": T(), "y": T()}
    model = Case("odd", tensors, [
        ("Own", ["x"], ["a"], {"custom": b""}), ("RELU", ["a"], ["b"], {}),
        ("Other", ["x"], ["y"], {"custom": b""}),
    ], ["b", "y"]).model()  # fmt: skip
    with pytest.raises(UnsupportedOpError, match="2 nodes cannot be imported") as caught:
        load(packed(model))
    assert [row.op for row in caught.value.ops] == ["Other", "Own"]


def test_shapes_that_data_decides_are_told() -> None:
    model = case("RESHAPE", "", floats(1, 2, 3), np.array([3, 2], np.int32)).model()
    with pytest.raises(UnsupportedOpError, match="its shape is computed from data") as caught:
        load(packed(model))
    assert "freeze_inputs={'i1': array}" in str(caught.value)
    graph = load(packed(model), freeze_inputs={"i1": np.array([3, 2])})
    assert graph.outputs[0].type.shape == (3, 2)


def test_sparse_tensors_whose_parts_do_not_fit_are_told() -> None:
    segments = {"format": 1, "array_segments": ("Int32Vector", {"values": [0, 1, 3]}),
                "array_indices": ("Int32Vector", {"values": [0, 5, 1]})}  # fmt: skip
    sparsity = {"traversal_order": [0, 1], "dim_metadata": [{"dense_size": 2}, segments]}
    more = {"shape": [2, 4], "sparsity": sparsity}
    model = case("DENSIFY", "", T(floats(1, 3), True, more=more)).model()
    with pytest.raises(
        ModelFormatError, match=r"sparse tensor 0 \('i0'\): an index is 5, expected less than 4"
    ):
        load(packed(model))
    segments["array_indices"] = ("Int32Vector", {"values": [0, 2]})
    with pytest.raises(ModelFormatError, match="3 segments do not fit 2 places and 2 indices"):
        load(packed(model))
    huge = case("DENSIFY", "", T(floats(1, 3), True, more={**more, "shape": [2, 1 << 29]})).model()
    with pytest.raises(UnsupportedOpError, match="has 1073741824 elements, and stores 12 bytes"):
        load(packed(huge))


def test_open_extents_are_symbols_that_a_caller_may_fix() -> None:
    model = _two()
    _graph(model)["tensors"][0]["shape_signature"] = [-1, 3]
    assert load(packed(model)).inputs[0].type.shape == (Dim.symbol("batch"), 3)
    assert load(packed(model), input_shapes={"x": (5, 3)}).outputs[0].type.shape == (5, 3)
    with pytest.raises(InputError, match=r"gives 'x' the shape \[5\], but the model declares \[-1, 3\]"):
        load(packed(model), input_shapes={"x": (5,)})
    with pytest.raises(InputError, match=r"input_shapes names \['z'\], but the inputs are \['x'\]"):
        load(packed(model), input_shapes={"z": (5,)})


def test_constants_may_lie_behind_the_flatbuffer() -> None:
    model = _two()
    weights = np.array([1, 2, 3], np.float32)
    model["buffers"][1] = {"offset": 1 << 20, "size": 12}
    size = (len(packed(model)) + 15) // 16 * 16
    model["buffers"][1]["offset"] = size
    content = packed(model).ljust(size, b"\0") + weights.tobytes()
    (constant,) = load(content).constants()
    np.testing.assert_array_equal(constant.array, weights)


def test_errors_name_the_file(tmp_path: Any) -> None:
    path = tmp_path / "odd.tflite"
    path.write_bytes(packed(_two())[:60])
    with pytest.raises(LiteError, match=r"odd\.tflite: "):
        load(path)


def test_names_may_be_absent_or_equal() -> None:
    model = _two()
    for tensor in _graph(model)["tensors"]:
        tensor["name"] = "same"
    del _graph(model)["tensors"][0]["name"]
    graph = load(packed(model))
    assert graph.inputs[0].name == "tensor_0"
    assert graph.outputs[0].name == "same"


def test_pads_of_an_open_extent_are_refused_where_they_mirror() -> None:
    model = case("MIRROR_PAD", "", T(floats(1, 2, 3), more={"shape_signature": [-1, 3]}),
                 ints(np.array([[1, 1], [0, 0]])), options={"mode": 1}).model()  # fmt: skip
    with pytest.raises(UnsupportedOpError, match="symmetric padding of an open extent"):
        load(packed(model))
