# SPDX-License-Identifier: Apache-2.0
"""Quantized models as onnxruntime's quantizer writes them, against onnxruntime itself."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import tiny
from onnx import helper

from lite.errors import LiteError, ModelFormatError
from lite.importers import load as load_model
from lite.importers._stored import is_stored
from lite.ir import Graph
from lite.ir.interpret import interpret

quantizer = pytest.importorskip("onnxruntime.quantization")

IMAGE = (1, 3, 24, 24)
STEPS = 2  # of the last quantized value, within which answers agree


def weights(seed: int, *shape: int) -> np.ndarray:
    scale = 1 / np.sqrt(np.prod(shape[1:]))
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32)


def images(count: int, seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.standard_normal(IMAGE).astype(np.float32) for _ in range(count)]


def float_net() -> Any:
    """Layers of every kind, a residual, a concat, and unary functions."""
    node = helper.make_node
    nodes = [
        node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1], strides=[2, 2]),
        node("Relu", ["c1"], ["r1"]),
        node("Conv", ["r1", "w2", "b2"], ["c2"], pads=[1, 1, 1, 1], group=8),
        node("LeakyRelu", ["c2"], ["l2"], alpha=0.1),
        node("Conv", ["l2", "w3"], ["c3"]),
        node("Add", ["c3", "r1"], ["s"]),
        node("Sigmoid", ["s"], ["g"]),
        node("Mul", ["s", "g"], ["m"]),
        node("AveragePool", ["m"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        node("MaxPool", ["m"], ["q"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Concat", ["p", "q"], ["j"], axis=1),
        node("GlobalAveragePool", ["j"], ["a"]),
        node("Flatten", ["a"], ["f"]),
        node("Gemm", ["f", "w4", "b4"], ["e"], transB=1),
        node("MatMul", ["e", "w5"], ["y"]),
    ]
    held = {
        "w1": weights(1, 8, 3, 3, 3), "b1": weights(2, 8), "w2": weights(3, 8, 1, 3, 3), "b2": weights(4, 8),
        "w3": weights(5, 8, 8, 1, 1), "w4": weights(6, 12, 16), "b4": weights(7, 12),
        "w5": weights(8, 10, 12).T.copy(),
    }  # fmt: skip
    return tiny.with_output_types(tiny.model(nodes, {"x": IMAGE}, constants=held))


class Data(quantizer.CalibrationDataReader):  # type: ignore[misc,name-defined]
    def __init__(self) -> None:
        self.batches = iter({"x": image} for image in images(8, 100))

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.batches, None)


def quantized(
    folder: Path, form: str, activations: str, weights: str, per_channel: bool, net: Any = None
) -> Path:
    logging.getLogger().setLevel(logging.ERROR)  # the quantizer advises to preprocess
    onnx.save(net or float_net(), folder / "float.onnx")
    target = folder / "quantized.onnx"
    quantizer.quantize_static(
        folder / "float.onnx", target, Data(), quant_format=quantizer.QuantFormat[form],
        activation_type=quantizer.QuantType[activations], weight_type=quantizer.QuantType[weights],
        per_channel=per_channel,
    )  # fmt: skip
    return target


def last_step(path: Path) -> float:
    """The scale of the values that onnxruntime's last quantized tensor has."""
    made = onnx.load(path)
    held = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in made.graph.initializer}
    last = [node for node in made.graph.node if node.op_type == "DequantizeLinear"][-1]
    return float(held[last.input[1]])


def unfused(path: Path) -> Any:
    """onnxruntime on the graph as it stands: some of its fusions quantize activations once more."""
    onnxruntime = pytest.importorskip("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def agree_within_steps(path: Path) -> Graph:
    graph, session = load_model(path), unfused(path)
    step = last_step(path)
    for image in images(6, 7):
        (expected,) = session.run(None, {"x": image})
        (found,) = interpret(graph, {"x": image}).values()
        assert np.abs(found - expected).max() <= STEPS * step
    return graph


@pytest.mark.parametrize("per_channel", [False, True], ids=["per-tensor", "per-channel"])
@pytest.mark.parametrize("activations", ["QUInt8", "QInt8"])
@pytest.mark.parametrize("form", ["QDQ", "QOperator"])
def test_quantized_nets_agree_with_onnxruntime(
    form: str, activations: str, per_channel: bool, tmp_path: Path
) -> None:
    graph = agree_within_steps(quantized(tmp_path, form, activations, "QInt8", per_channel))
    ops = [node.op.name for node in graph.nodes]
    assert {"quantize", "dequantize", "conv2d", "fully_connected", "add", "concat"} <= set(ops)
    held = {value for node in graph.nodes for value in node.inputs if value is not None and value.is_constant}
    assert all(value.type.dtype.is_float is False for value in held if value.type.rank >= 2)


@pytest.mark.parametrize(
    ("form", "activations"), [("QDQ", "QInt8"), ("QDQ", "QUInt8"), ("QOperator", "QUInt8")]
)
def test_they_run_on_integers_from_end_to_end(form: str, activations: str, tmp_path: Path) -> None:
    pytest.importorskip("lite._native")
    from lite import Model, convert_to_bytes

    path = quantized(tmp_path, form, activations, "QInt8", True)
    content, report = convert_to_bytes(path)
    assert {"q_conv2d", "q_add", "q_mul", "q_fully_connected", "lookup"} <= set(report.ops_after)
    assert report.ops_after["quantize"] == report.ops_after["dequantize"] == 1
    run, session, step = Model(content).session(threads=1), unfused(path), last_step(path)
    for image in images(6, 7):
        (expected,) = session.run(None, {"x": image})
        assert np.abs(np.asarray(run(image)) - expected).max() <= STEPS * step


def signal_net() -> Any:
    """A signal of one axis, transposed convolutions, products of three axes."""
    node = helper.make_node
    nodes = [
        node("ConvTranspose", ["x", "w1", "b1"], ["t1"], strides=[2, 2], pads=[1, 1, 1, 1]),
        node("Relu", ["t1"], ["r1"]),
        node("ReduceMean", ["r1"], ["line"], axes=[2], keepdims=0),
        node("Conv", ["line", "w2", "b2"], ["c2"], pads=[1, 1], strides=[2]),
        node("Transpose", ["c2"], ["rows"], perm=[0, 2, 1]),
        node("MatMul", ["rows", "w3"], ["y"]),
    ]
    held = {
        "w1": weights(1, 3, 6, 4, 4), "b1": weights(2, 6), "w2": weights(3, 8, 6, 3), "b2": weights(4, 8),
        "w3": weights(5, 8, 5),
    }  # fmt: skip
    return tiny.with_output_types(tiny.model(nodes, {"x": IMAGE}, constants=held))


@pytest.mark.parametrize(("form", "per_channel"), [("QDQ", True), ("QDQ", False), ("QOperator", False)])
def test_signals_and_transposed_convolutions_agree(form: str, per_channel: bool, tmp_path: Path) -> None:
    graph = agree_within_steps(quantized(tmp_path, form, "QUInt8", "QInt8", per_channel, signal_net()))
    kinds = ("conv2d", "conv2d_transpose", "fully_connected")
    layers = [node for node in graph.nodes if node.op.name in kinds]
    stored = [node.op.name for node in layers if node.inputs[1] is not None and is_stored(node.inputs[1])]
    left = ["conv2d_transpose"] if form == "QOperator" else []  # onnxruntime has no operator for it
    assert sorted([*stored, *left]) == list(kinds)


def test_weights_of_unsigned_bytes_agree(tmp_path: Path) -> None:
    agree_within_steps(quantized(tmp_path, "QDQ", "QUInt8", "QUInt8", False))


def test_activations_of_16_bits_agree(tmp_path: Path) -> None:
    agree_within_steps(quantized(tmp_path, "QDQ", "QInt16", "QInt8", True))


def test_dynamically_quantized_nets_agree(tmp_path: Path) -> None:
    """Their scales are computed from data, so they stay products of floats."""
    onnx.save(float_net(), tmp_path / "float.onnx")
    target = tmp_path / "dynamic.onnx"
    quantizer.quantize_dynamic(tmp_path / "float.onnx", target, weight_type=quantizer.QuantType.QUInt8)
    session, graph = tiny.onnxruntime_session(str(target)), load_model(target)
    assert "quantize" not in {node.op.name for node in graph.nodes}
    for image in images(3, 9):
        (expected,) = session.run(None, {"x": image})
        (found,) = interpret(graph, {"x": image}).values()
        assert np.abs(found - expected).max() <= 0.02 * np.abs(expected).max()


X = np.random.default_rng(3).integers(-128, 128, (2, 4, 6, 6)).astype(np.int8)
SCALE, ZERO = np.float32(0.05), np.int8(3)
PARTS = {"xs": SCALE, "xz": ZERO, "ys": np.float32(0.07), "yz": np.int8(-9), "h": np.array(True)}


@pytest.mark.parametrize(
    ("op", "inputs", "attributes"),
    [
        ("QLinearAdd", ["x", "xs", "xz", "x", "ys", "yz", "xs", "yz"], {}),
        ("QLinearMul", ["x", "xs", "xz", "x", "ys", "yz", "xs", "yz"], {}),
        ("QLinearSigmoid", ["x", "xs", "xz", "ys", "yz"], {}),
        ("QLinearLeakyRelu", ["x", "xs", "xz", "ys", "yz"], {"alpha": 0.3}),
        ("QLinearSoftmax", ["x", "xs", "xz", "ys", "yz"], {"axis": 1, "opset": 17}),
        ("QLinearSoftmax", ["x", "xs", "xz", "ys", "yz"], {"axis": 2, "opset": 12}),
        ("QLinearGlobalAveragePool", ["x", "xs", "xz", "ys", "yz"], {"channels_last": 0}),
        ("QLinearGlobalAveragePool", ["x", "xs", "xz", "ys", "yz"], {"channels_last": 1}),
        ("QLinearAveragePool", ["x", "xs", "xz", "ys", "yz"], {"kernel_shape": [3, 2], "strides": [2, 1]}),
        ("QLinearConcat", ["ys", "yz", "x", "xs", "xz", "x", "ys", "yz"], {"axis": 3}),
        ("QLinearWhere", ["h", "x", "xs", "xz", "x", "ys", "yz", "ys", "yz"], {}),
    ],
)
def test_ops_of_onnxruntimes_domain_agree(op: str, inputs: list[str], attributes: dict[str, Any]) -> None:
    made = contributed(op, inputs, attributes)
    expected = tiny.onnxruntime_outputs(made, {"x": X})["y"]
    found = interpret(tiny.load(made), {"x": X})["y"]
    assert found.dtype == expected.dtype == np.int8
    assert np.abs(found.astype(int) - expected).max() <= 1


def contributed(op: str, inputs: list[str], attributes: dict[str, Any]) -> Any:
    node = helper.make_node(op, inputs, ["y"], domain="com.microsoft", **attributes)
    types = {"y": onnx.TensorProto.INT8}
    made = tiny.model([node], {"x": X}, constants=PARTS, output_types=types)
    made.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return made


def pair(opset: int = 21, extra: dict[str, Any] | None = None, **changed: Any) -> Any:
    """quantize and dequantize along axis 1 of four channels."""
    held = {"s": np.full(4, 0.1, np.float32), "z": np.zeros(4, np.int8), **changed}
    parameters = ["s", "z"] if held["z"] is not None else ["s"]
    nodes = [
        helper.make_node("QuantizeLinear", ["x", *parameters], ["q"], name="first", **(extra or {})),
        helper.make_node("DequantizeLinear", ["q", *parameters], ["y"], name="second", **(extra or {})),
    ]
    constants = {name: array for name, array in held.items() if array is not None}
    return tiny.model(nodes, {"x": (2, 4, 3)}, constants=constants, opset=opset)


CHANNELS = np.random.default_rng(4).standard_normal((2, 4, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("opset", "changed"),
    [
        (10, {"s": np.float32(0.02), "z": np.uint8(130)}),
        (13, {"s": np.array([0.1, 0.02, 1e-6, 3.0], np.float32)}),
        (13, {"s": np.float32(0.02), "z": None}),
        (19, {"z": np.full(4, 200, np.uint8)}),
        (21, {"s": np.float32(0.0001), "z": np.int16(77)}),
    ],
)
def test_pairs_agree_in_every_opset(opset: int, changed: dict[str, Any]) -> None:
    graph = tiny.agree(pair(opset, **changed), {"x": CHANNELS}, rtol=0, atol=0)
    assert [node.op.name for node in graph.nodes] == ["quantize", "dequantize"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"s": np.array([0.1, 0, 0.1, 0.1], np.float32)}, ("scale is 0 at index 1", "2^-100")),
        ({"s": np.array([0.1, 0.1, -0.5, 0.1], np.float32)}, ("scale is -0.5 at index 2",)),
        ({"s": np.array([np.nan, 0.1, 0.1, 0.1], np.float32)}, ("scale is nan",)),
        ({"s": np.array([0.1, 0.1, 0.1, np.inf], np.float32)}, ("scale is inf",)),
        ({"s": np.full(4, 1e-40, np.float32)}, ("scale is 9.99995e-41",)),
        ({"s": np.full(3, 0.1, np.float32), "z": np.zeros(3, np.int8)}, ("shape [3]", "[] or [4]", "axis 1")),
        ({"s": np.ones((4, 1), np.float32), "z": None}, ("shape [4, 1]",)),
        ({"s": np.ones(4, np.int32)}, ("int32", "floats")),
        ({"z": np.zeros(3, np.int8)}, ("3 zero points", "expected 4")),
        ({"extra": {"axis": 5}}, ("axis 5",)),
    ],
)
def test_bad_parameters_are_refused(changed: dict[str, Any], words: tuple[str, ...]) -> None:
    refused(pair(**changed), ModelFormatError, "first", "QuantizeLinear", *words)


@pytest.mark.parametrize(
    "changed",
    [
        {"z": np.arange(4, dtype=np.int8)},
        {"z": np.full(4, 1 << 15, np.uint16)},
        {"z": np.arange(4, dtype=np.uint16) * 9000},
    ],
)
def test_forms_without_an_op_go_step_by_step(changed: dict[str, Any]) -> None:
    graph = tiny.agree(pair(21, **changed), {"x": CHANNELS}, rtol=0, atol=0)
    assert not {"quantize", "dequantize"} & {node.op.name for node in graph.nodes}


def test_blocks_go_step_by_step() -> None:
    scales = np.linspace(0.01, 0.05, 6, dtype=np.float32).reshape(3, 2)
    node = helper.make_node("DequantizeLinear", ["q", "s"], ["y"], axis=1, block_size=2)
    q = np.arange(-6, 6, dtype=np.int8).reshape(3, 4)
    graph = tiny.load(tiny.model([node], {"q": q}, constants={"s": scales}, opset=21))
    (found,) = interpret(graph, {"q": q}).values()
    np.testing.assert_array_equal(found, q * np.repeat(scales, 2, axis=1))


@pytest.mark.parametrize("wrong", [-0.5, np.nan])
def test_bad_scales_of_steps_are_refused(wrong: float) -> None:
    scales = np.array([0.1, wrong, 0.1, 0.1], np.float32)
    refused(pair(s=scales, z=np.arange(4, dtype=np.int8)), ModelFormatError, "a scale is", "2^-100")


def test_zero_points_of_32_bit_integers_must_be_0() -> None:
    node = helper.make_node("DequantizeLinear", ["b", "s", "z"], ["y"], name="bias")
    held = {"b": np.arange(4, dtype=np.int32), "s": SCALE, "z": np.int32(5)}
    made = tiny.model([node], {"x": (1,)}, constants=held)
    refused(made, ModelFormatError, "bias", "zero point of 32-bit integers is 5", "expected 0")


def test_types_of_parameters_must_match() -> None:
    node = helper.make_node("DequantizeLinear", ["x", "s", "z"], ["y"], name="second")
    made = tiny.model([node], {"x": X}, constants={"s": SCALE, "z": np.uint8(0)})
    refused(made, ModelFormatError, "second", "zero point is of u8", "expected s8")


def refused(made: Any, error: type[LiteError], *words: str) -> None:
    with pytest.raises(error) as caught:
        tiny.load(made)
    for word in words:
        assert word in str(caught.value), caught.value


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "field"])
@pytest.mark.parametrize("kind", ["INT4", "UINT4"])
@pytest.mark.parametrize("shape", [(6, 8), (5, 3)])
def test_weights_of_4_bits_agree(shape: tuple[int, int], kind: str, raw: bool) -> None:
    """Two lie in a byte; an odd number of them leaves half a byte over."""
    elem_type = getattr(onnx.TensorProto, kind)
    least = -8 if kind == "INT4" else 0
    random = np.random.default_rng(14)
    x, bits = random.standard_normal(shape).astype(np.float32), random.integers(least, least + 16, shape)
    made = tiny.model(
        [helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["w"], axis=1),
         helper.make_node("Mul", ["x", "w"], ["y"])],  # a product of matrices onnxruntime rounds
        {"x": x}, constants={"scale": random.uniform(0.01, 0.1, shape[1]).astype(np.float32)}, opset=21,
    )  # fmt: skip
    zero = random.integers(least, least + 16, shape[1])
    for name, array in (("q", bits), ("zero", zero)):
        tensor = helper.make_tensor(name, elem_type, array.shape, array.reshape(-1).tolist())
        if raw:
            content = bytes(tensor.int32_data)
            tensor.ClearField("int32_data")
            tensor.raw_data = content
        made.graph.initializer.append(tensor)
    tiny.agree(made, {"x": x}, native=True)


def test_too_few_4_bit_weights_are_refused() -> None:
    made = tiny.model([helper.make_node("DequantizeLinear", ["q", "s"], ["y"])], {"x": (1,)},
                      constants={"s": np.float32(1)}, opset=21)  # fmt: skip
    tensor = onnx.TensorProto(name="q", data_type=onnx.TensorProto.INT4, dims=[9], raw_data=b"1234")
    made.graph.initializer.append(tensor)
    refused(made, ModelFormatError, "4 bytes", "expected 5")
