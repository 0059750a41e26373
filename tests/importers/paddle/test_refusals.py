# SPDX-License-Identifier: Apache-2.0
"""What cannot be imported: everything at once, with the reason and what to do; damage in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from lite.errors import LiteError, ModelFormatError, UnsupportedOpError
from lite.importers import known_ops
from lite.importers.paddle import load


def _load(saved: Any) -> Any:
    return load(saved.program_bytes(), param_file=saved.parameter_bytes())


def _refused(saved: Any, error: type[LiteError] = UnsupportedOpError) -> str:
    with pytest.raises(error) as caught:
        _load(saved)
    return str(caught.value)


def _insert(saved: Any, type: str, count: int = 1) -> None:
    """Put ops on the way from x to the batch_norm."""
    fed = saved.op("batch_norm")
    slot = next(slot for slot in fed.inputs if slot.parameter == "X")
    for _ in range(count):
        op = saved.block.ops.add(type=type)
        op.inputs.add(parameter="X", arguments=list(slot.arguments))
        op.outputs.add(parameter="Out", arguments=[f"{type}_{len(saved.block.ops)}"])
        slot.arguments[:] = list(op.outputs[0].arguments)
    order = {"feed": 0, type: 1, "batch_norm": 2, "scale": 3, "fetch": 4}
    ops = sorted((op.SerializeToString() for op in saved.block.ops), key=lambda data: order[_type(data)])
    del saved.block.ops[:]
    for data in ops:
        saved.block.ops.add().ParseFromString(data)


def _type(data: bytes) -> str:
    from lite.importers.proto import messages

    return str(messages("framework")["OpDesc"].FromString(data).type)


def test_unsupported_ops_are_told_all_at_once(saved: Any) -> None:
    _insert(saved, "mystery", 7)
    _insert_type = saved.op("batch_norm")
    _insert_type.type = "gru"
    message = _refused(saved)
    assert "8 nodes cannot be imported" in message
    assert "mystery x7 (op #1 mystery" in message
    assert message.count("-> mystery_") == 5
    assert "gru x1" in message
    assert "recurrent" in message


@pytest.mark.parametrize(
    ("type", "words"),
    [
        ("while", "control flow"),
        ("matrix_nms", "post-processing"),
        ("fake_quantize_abs_max", "this form of quantization is not read"),
        ("dequantize_log", "this form of quantization is not read"),
        ("sequence_pool", "ragged"),
        ("lstm", "recurrent"),
        ("where_index", "depends on data"),
        ("gaussian_random", "random"),
        ("no_such_op", "no rule"),
    ],
)
def test_reasons(saved: Any, type: str, words: str) -> None:
    saved.op("batch_norm").type = type
    assert words in _refused(saved)
    assert type not in known_ops("paddle")


def test_a_sub_block_is_control_flow(saved: Any) -> None:
    saved.op("batch_norm").attrs.add(name="sub_block", type=8, block_idx=1)
    assert "control flow" in _refused(saved)


def test_lod_inputs_are_refused(saved: Any) -> None:
    saved.variable("x").type.lod_tensor.lod_level = 1
    message = _refused(saved)
    assert "LoD" in message
    assert "padded dense inputs" in message


def test_ops_that_no_output_needs_are_left_out(saved: Any) -> None:
    saved.block.ops.add(type="mystery").outputs.add(parameter="Out", arguments=["nowhere"])
    assert _load(saved).outputs


def test_a_by_product_that_is_read_is_told(saved: Any) -> None:
    norm = saved.op("batch_norm")
    unused = next(slot.arguments[0] for slot in norm.outputs if slot.parameter == "SavedMean")
    saved.op("scale").inputs[0].arguments[:] = [unused]
    assert "a by-product of batch_norm" in _refused(saved)


def test_what_nothing_writes_is_told(saved: Any) -> None:
    saved.op("scale").inputs[0].arguments[:] = ["ghost"]
    assert "'ghost' is read before anything writes it" in _refused(saved, ModelFormatError)


def test_an_empty_input_is_told(saved: Any) -> None:
    next(slot for slot in saved.op("batch_norm").inputs if slot.parameter == "X").arguments[:] = []
    message = _refused(saved, ModelFormatError)
    assert "op #1 batch_norm" in message
    assert "input 'X' is missing" in message


def test_a_wrong_attribute_is_told(saved: Any) -> None:
    epsilon = next(attr for attr in saved.op("batch_norm").attrs if attr.name == "epsilon")
    epsilon.type, epsilon.s = 2, "small"
    assert "attribute 'epsilon' is 'small', expected a float" in _refused(saved, ModelFormatError)


def test_an_unknown_attribute_type_is_told(saved: Any) -> None:
    next(attr for attr in saved.op("batch_norm").attrs if attr.name == "epsilon").type = 77
    assert "attribute 'epsilon' of batch_norm has type 77" in _refused(saved, ModelFormatError)


def test_a_program_without_outputs_is_told(saved: Any) -> None:
    saved.block.ops.remove(saved.op("fetch"))
    assert "no output" in _refused(saved, ModelFormatError)


@pytest.mark.parametrize("data", [b"", b"hello, world", b"\x08\x07", b"\x0a\xff\xff\xff\xff\x0f"])
def test_foreign_bytes_are_no_program(data: bytes) -> None:
    with pytest.raises(ModelFormatError, match="Paddle program"):
        load(data)


def test_text_that_is_no_text_is_told(saved: Any) -> None:
    data = saved.program_bytes().replace(b"batch_norm", b"batch\xff\xfeorm")
    with pytest.raises(LiteError):
        load(data, param_file=saved.parameter_bytes())
