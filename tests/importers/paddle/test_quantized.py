# SPDX-License-Identifier: Apache-2.0
"""Quantized models of every family, against what Paddle itself gave; damaged ones, refused."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lite.convert import convert_to_bytes
from lite.errors import LiteError, ModelFormatError, UnsupportedOpError
from lite.importers import load as load_model
from lite.importers.paddle import load
from lite.importers.paddle.program import Operator
from lite.importers.paddle.stored import stored
from lite.importers.proto import messages
from lite.ir import DType, Graph
from lite.ir.interpret import interpret
from lite.ir.verify import verify
from lite.nb.reader import read

FORMATS = Path(os.environ.get("LITE_TEST_DATA", ""), "models", "paddle_formats")
needs_data = pytest.mark.skipif("LITE_TEST_DATA" not in os.environ, reason="LITE_TEST_DATA is not set")
SAMPLES = (
    "mobilenet_v1_025_fakeops", "mobilenet_v1_025_onnxfmt", "ptq_KL_fakeops", "ptq_KL_onnxfmt",
    "ptq_abs_max_fakeops", "ptq_abs_max_onnxfmt", "ptq_hist_fakeops", "ptq_hist_fakeops_pertensor",
    "ptq_hist_onnxfmt", "ptq_hist_onnxfmt_pertensor", "ptq_min_max_fakeops", "ptq_min_max_onnxfmt",
    "ptq_mse_fakeops", "ptq_mse_onnxfmt", "qat_dygraph_fakeops", "qat_dygraph_onnxfmt",
)  # fmt: skip
WITHOUT_OUTPUT = ("dynamic_int8/quantized_model", "dynamic_int8/test_model", "ptq_dygraph_old")
MOST_FLIPS = 0.02  # of the rows: a value near the middle of two integers went to the other one


def outputs(graph: Graph, x: np.ndarray) -> np.ndarray:
    verify(graph)
    return next(iter(interpret(graph, {graph.inputs[0].name: x}).values()))


def images_for(folder: Path) -> np.ndarray:
    own = folder / "input.npy"
    return np.load(own if own.exists() else FORMATS / "pd2" / "digitsnet" / "input.npy")


@needs_data
@pytest.mark.parametrize("sample", SAMPLES)
def test_gives_what_paddle_gave(sample: str) -> None:
    folder = FORMATS / "quantized" / sample
    graph = load_model(folder)
    found, expected = outputs(graph, images_for(folder)), np.load(folder / "output.npy")
    worst = np.abs(found - expected).max(1)
    assert np.mean(worst > 1e-4) <= MOST_FLIPS
    assert worst.max() <= 5e-3
    assert np.array_equal(found.argmax(1), expected.argmax(1))


@needs_data
@pytest.mark.parametrize("sample", [name for name in SAMPLES if "min_max" not in name])
def test_layers_read_integers(sample: str) -> None:
    """Those of min_max do so in part."""
    graph = load_model(FORMATS / "quantized" / sample)
    layers = [node for node in graph.nodes if node.op.name in ("conv2d", "fully_connected")]
    for value in (value for node in layers for value in node.inputs[:2]):
        assert value is not None
        assert value.producer is not None
        assert value.producer.op.name == "dequantize"


@needs_data
@pytest.mark.parametrize("sample", [name for name in SAMPLES if "mobilenet" not in name])
def test_kernels_answer_as_paddle_did(sample: str) -> None:
    """On integers; mobilenet's weights are random, so that each rounding changes all that follows."""
    pytest.importorskip("lite._native")
    from lite import Model, convert_to_bytes

    folder = FORMATS / "quantized" / sample
    content, report = convert_to_bytes(folder)
    assert "q_conv2d" in report.ops_after or "min_max" in sample
    found = np.asarray(Model(content).session(threads=1)(images_for(folder)))
    expected = np.load(folder / "output.npy")
    assert np.sum(found.argmax(1) != expected.argmax(1)) <= 1
    assert np.abs(found - expected).mean() <= 2e-3


@needs_data
@pytest.mark.parametrize("sample", WITHOUT_OUTPUT)
def test_models_without_an_output_are_as_accurate_as_the_float_one(sample: str) -> None:
    digits = FORMATS / "pd2" / "digitsnet"
    labels = np.load(digits / "label.npy").reshape(-1)
    found = outputs(load_model(FORMATS / "quantized" / sample), np.load(digits / "input.npy"))
    expected = np.load(digits / "output.npy")
    accuracy, wanted = (np.mean(answer.argmax(1) == labels) for answer in (found, expected))
    assert accuracy >= wanted - 0.015


def damaged(content: bytes, dice: random.Random) -> bytes:
    """A program with attributes, inputs or types of its quantized layers changed."""
    program = messages("framework")["ProgramDesc"].FromString(content)
    layers = [op for op in program.blocks[0].ops if "quant" in op.type or op.type in ("conv2d", "matmul_v2")]
    for _ in range(dice.randint(1, 3)):
        op, other = dice.choice(layers), dice.choice(layers)
        kind = dice.randrange(4)
        if kind == 0 and op.attrs:
            attribute = dice.choice(list(op.attrs))
            attribute.type = dice.choice((0, 1, 2, 3, 4, 6, attribute.type))
            attribute.i = dice.choice((0, -1, 7, 1 << 30))
            attribute.f = dice.choice((0.0, -1.0, np.nan, 1e-40))
            attribute.floats[:] = [dice.choice((0.0, np.inf, 1.0))] * dice.randint(0, 40)
        elif kind == 1:
            chosen = list(dice.choice(list(other.inputs)).arguments)
            dice.choice(list(op.inputs)).arguments[:] = chosen * dice.randint(0, 2)
        elif kind == 2:
            del op.attrs[:]
        else:
            op.type = other.type
    return bytes(program.SerializeToString())


@needs_data
@pytest.mark.parametrize(
    "sample", ["ptq_hist_fakeops", "ptq_hist_fakeops_pertensor", "ptq_hist_onnxfmt", "qat_dygraph_fakeops"]
)
def test_damaged_models_end_in_a_graph_or_an_error(sample: str) -> None:
    folder = FORMATS / "quantized" / sample
    program, parameters = ((folder / f"model.{name}").read_bytes() for name in ("pdmodel", "pdiparams"))
    outcomes = {"read": 0, "refused": 0}
    for seed in range(150):
        try:
            load(damaged(program, random.Random(seed)), param_file=parameters)
            outcomes["read"] += 1
        except LiteError as error:
            assert str(error)
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 10, outcomes


def test_weights_whose_scales_are_an_attribute(saved: Any) -> None:
    """As dynamic quantization leaves them; a matrix may have a scale for each row or each column."""
    for scales, axis in (([0.5, 0.25], 0), ([0.5, 0.25, 0.125], 1)):
        operator = Operator("matmul_v2", {}, {}, {"w_quant_scale": tuple(scales)}, 0)
        found = stored([operator], {"w": np.arange(6, dtype=np.int8).reshape(2, 3)})["w"]
        assert found.scales is not None
        assert (found.axis, found.scales.tolist()) == (axis, scales)


def test_integers_may_be_held_by_floats(saved: Any) -> None:
    """As paddle.quantization stores weights."""
    with_parameter(saved, "THRESHOLD", np.array([12.7], np.float32))
    with_parameter(saved, "HELD", np.array([1, -2, 3, -127], np.float32))
    add(saved, "dequantize_linear", {"X": "HELD", "Scale": "THRESHOLD"}, {"Y": "d"}, bit_length=8)
    next(slot for slot in saved.op("batch_norm").inputs if slot.parameter == "Bias").arguments[:] = ["d"]
    graph = imported(saved)
    first = graph.nodes[0]
    assert first.op.name == "dequantize"
    assert first.inputs[0] is not None and first.inputs[0].array is not None
    np.testing.assert_array_equal(first.inputs[0].array, np.array([1, -2, 3, -127], np.int8))
    saved.arrays["HELD"] = np.array([1, -2.5, 3, -127], np.float32)
    refused(saved, ModelFormatError, "dequantize_linear", "'HELD' holds -2.5", "integers of s8")


def add(saved: Any, type: str, inputs: dict[str, str], outputs: dict[str, str], **attributes: Any) -> None:
    """Put an op right before the batch_norm."""
    at = next(place for place, op in enumerate(saved.block.ops) if op.type == "batch_norm")
    behind = [op.SerializeToString() for op in saved.block.ops[at:]]
    del saved.block.ops[at:]
    op = saved.block.ops.add(type=type)
    for slots, given in ((op.inputs, inputs), (op.outputs, outputs)):
        for slot, name in given.items():
            slots.add(parameter=slot, arguments=[name])
    for name, value in attributes.items():
        flag = isinstance(value, bool)
        op.attrs.add(name=name, type=6 if flag else 0, **({"b": value} if flag else {"i": value}))
    for content in behind:
        saved.block.ops.add().ParseFromString(content)


def with_parameter(saved: Any, name: str, array: np.ndarray) -> None:
    variable = saved.block.vars.add(name=name, persistable=True)
    variable.type.type = 7
    variable.type.lod_tensor.tensor.data_type = {"float32": 5, "int32": 2}[array.dtype.name]
    variable.type.lod_tensor.tensor.dims.extend(array.shape)
    saved.arrays[name] = array


def quantized(saved: Any, thresholds: Any, **changed: Any) -> Any:
    """The batch_norm behind a pair; ``changed`` are attributes of both ops, or ``zero``."""
    with_parameter(saved, "THRESHOLD", np.array(thresholds, np.float32))
    zero = changed.pop("zero", None)
    extra = {}
    if zero is not None:
        with_parameter(saved, "ZERO", np.array(zero, np.int32))
        extra = {"ZeroPoint": "ZERO"}
    attributes = {"bit_length": 8, "quant_axis": -1, **changed}
    add(saved, "quantize_linear", {"X": "x", "Scale": "THRESHOLD", **extra}, {"Y": "q"}, **attributes)
    add(saved, "dequantize_linear", {"X": "q", "Scale": "THRESHOLD", **extra}, {"Y": "d"}, **attributes)
    next(slot for slot in saved.op("batch_norm").inputs if slot.parameter == "X").arguments[:] = ["d"]
    return saved


def imported(saved: Any) -> Graph:
    return load(saved.program_bytes(), param_file=saved.parameter_bytes())


X = np.random.default_rng(1).standard_normal((2, 4, 3, 5)).astype(np.float32)


def through(saved: Any) -> np.ndarray:
    return outputs(imported(saved), X)


def pairs(graph: Graph) -> list[str]:
    return [node.op.name for node in graph.nodes if "quantize" in node.op.name]


def test_the_threshold_is_127_steps(saved: Any) -> None:
    graph = imported(quantized(saved, [2.54]))
    first, second = graph.nodes[:2]
    assert pairs(graph) == ["quantize", "dequantize"]
    assert first.inputs[1] is not None and first.inputs[1].array == np.float32(0.02)
    assert second.output.type.dtype.value == "f32"


def test_observers_change_nothing(saved: Any) -> None:
    plain = through(saved)
    graph = imported(quantized(saved, [0.1], only_observer=True))
    assert not pairs(graph)
    np.testing.assert_array_equal(outputs(graph, X), plain)


def test_sixteen_bits_are_finer_than_eight(saved: Any) -> None:
    plain = through(saved)
    fine = through(quantized(saved, [5.0], bit_length=16))
    assert 0 < np.abs(fine - plain).max() < 1e-3


def test_a_scale_for_each_channel(saved: Any) -> None:
    graph = imported(quantized(saved, [5.0, 4.0, 6.0, 5.0], quant_axis=1))
    assert getattr(graph.nodes[0].op, "axis", None) == 1


@pytest.mark.parametrize(
    ("thresholds", "changed", "words"),
    [
        ([0.0], {}, ("scale", "is 0", "2^-100")),
        ([-1.0], {}, ("scale", "is -0.00787")),
        ([np.nan], {}, ("scale", "is nan")),
        ([1e-40], {}, ("scale",)),
        ([1.0, 1.0, 1.0], {"quant_axis": 1}, ("shape [3]", "[] or [4]")),
        ([1.0, 1.0, 1.0, 1.0], {"quant_axis": 7}, ("quant_axis is 7", "0 to 3")),
        ([1.0], {"zero": [300]}, ("zero point is 300", "-128 to 127")),
        ([1.0], {"zero": [0, 0, 0]}, ("3 zero points", "expected 1")),
    ],
)
def test_bad_parameters_are_refused(
    saved: Any, thresholds: list[float], changed: dict[str, Any], words: tuple[str, ...]
) -> None:
    refused(quantized(saved, thresholds, **changed), ModelFormatError, "quantize_linear", *words)


@pytest.mark.parametrize(
    ("changed", "words"), [({"zero": [5]}, ("zero point is 5",)), ({"bit_length": 4}, ("4 bits", "8 and 16"))]
)
def test_other_forms_are_refused_in_words(
    saved: Any, changed: dict[str, Any], words: tuple[str, ...]
) -> None:
    refused(quantized(saved, [1.0], **changed), UnsupportedOpError, "quantize_linear", *words)


def test_integers_that_nothing_dequantizes_are_refused(saved: Any) -> None:
    with_parameter(saved, "THRESHOLD", np.ones(1, np.float32))
    add(saved, "fake_quantize_range_abs_max", {"X": "x", "InScale": "THRESHOLD"}, {"Out": "q"}, bit_length=8)
    next(slot for slot in saved.op("batch_norm").inputs if slot.parameter == "X").arguments[:] = ["q"]
    refused(saved, UnsupportedOpError, "batch_norm", "nothing turns back to reals")


def test_a_dequantize_behind_no_layer_is_refused(saved: Any) -> None:
    with_parameter(saved, "THRESHOLD", np.ones(1, np.float32))
    add(saved, "fake_dequantize_max_abs", {"X": "x", "Scale": "THRESHOLD"}, {"Out": "q"})
    next(slot for slot in saved.op("batch_norm").inputs if slot.parameter == "X").arguments[:] = ["q"]
    refused(saved, UnsupportedOpError, "fake_dequantize_max_abs", "its X is written by")


def refused(saved: Any, error: type[LiteError], *words: str) -> None:
    with pytest.raises(error) as caught:
        imported(saved)
    for word in words:
        assert word in str(caught.value), caught.value


@needs_data
def test_weights_alone_stay_integers_in_the_file() -> None:
    data, report = convert_to_bytes(FORMATS / "quantized" / "dynamic_int8" / "quantized_model")
    layers = [node for node in read(data).nodes if node.op.name == "conv2d"]
    assert report.changes["scale_in_layer"] == len(layers) == 4
    assert {node.inputs[1].type.dtype for node in layers if node.inputs[1] is not None} == {DType.S8}
