# SPDX-License-Identifier: Apache-2.0
"""export: source models and .nb files as ONNX, what is kept of them, and what is refused."""

from __future__ import annotations

import base64
import json
import lzma
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lite
from lite.errors import FileError, InputError, UnsupportedOpError
from lite.exporters.onnx import written
from lite.ir import DType, Graph, TensorType
from lite.ops import get

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
SHAPE = (2, 4, 8, 6)
PADDLE_LITE = Path(__file__).with_name("importers") / "paddle" / "nb.json.xz"


def model(height: int | str = "h") -> bytes:
    """Convolutions around a residual, a pool, and a matrix whose shape is computed."""
    random = np.random.RandomState(3)
    make, tensor = onnx.helper.make_node, onnx.numpy_helper.from_array
    held = {"w": random.standard_normal((4, 4, 3, 3)) / 6, "v": random.standard_normal((4, 4, 1, 1)) / 2,
            "m": random.standard_normal((4, 5)) / 2}  # fmt: skip
    shape = np.array([0, 4, -1], np.int64)
    nodes = [
        make("Conv", ["x", "w"], ["stem"], pads=[1, 1, 1, 1]),
        make("Relu", ["stem"], ["bent"]),
        make("Conv", ["bent", "v"], ["branch"]),
        make("Add", ["branch", "bent"], ["sum"]),
        make("MaxPool", ["sum"], ["small"], kernel_shape=[2, 2], strides=[2, 2]),
        make("Reshape", ["small", "shape"], ["rows"]),
        make("Transpose", ["rows"], ["turned"], perm=[0, 2, 1]),
        make("MatMul", ["turned", "m"], ["y"]),
    ]
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 4, height, 6])
    y = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", "rows", 5])
    tensors = [tensor(array.astype(np.float32), name) for name, array in held.items()]
    graph = onnx.helper.make_graph(nodes, "small", [x], [y], [*tensors, tensor(shape, "shape")])
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    return bytes(made.SerializeToString())


def samples(count: int = 8) -> list[dict[str, np.ndarray]]:
    random = np.random.RandomState(7)
    return [{"x": random.standard_normal(SHAPE).astype(np.float32)} for _ in range(count)]


def quantized() -> bytes:
    return lite.convert_to_bytes(model(8), quantize=lite.StaticPTQ(data=samples()))[0]


def answer(exported: bytes, x: np.ndarray) -> np.ndarray:
    onnx.checker.check_model(exported, full_check=True)
    session: Any = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["y"], {"x": x})[0])


@pytest.mark.parametrize("rows", [8, 5])
def test_open_extents_stay_open(rows: int) -> None:
    x = np.random.RandomState(1).standard_normal((3, 4, rows, 6)).astype(np.float32)
    for source in (model(), lite.convert_to_bytes(model())[0]):
        exported, report = lite.export_to_bytes(source)
        expected = answer(model(), x)
        np.testing.assert_allclose(answer(exported, x), expected, rtol=1e-5, atol=1e-5 * np.ptp(expected))
        dims = onnx.load_from_string(exported).graph.input[0].type.tensor_type.shape.dim
        assert [dim.dim_param or dim.dim_value for dim in dims] == ["n", 4, "h", 6]
        assert report.nodes["Conv"] == 2 and not report.quantized_values


def test_integers_give_the_same_bits_in_onnxruntime_and_back() -> None:
    nb = quantized()
    exported, report = lite.export_to_bytes(nb)
    again = lite.Model(lite.convert_to_bytes(exported)[0]).session()
    session = lite.Model(nb).session()
    session.resize({"x": SHAPE})
    again.resize({"x": SHAPE})
    assert report.quantized_values >= 4
    for feeds in samples(20):
        expected = session.run(feeds)["y"]
        np.testing.assert_array_equal(answer(exported, feeds["x"]), expected)
        np.testing.assert_array_equal(again.run(feeds)["y"], expected)


def test_quantizing_while_exporting_is_exporting_what_was_quantized() -> None:
    settings = lite.StaticPTQ(data=samples())
    exported, report = lite.export_to_bytes(model(8), quantize=settings)
    assert report.quantization["samples"] == 8
    for feeds in samples(3):
        expected = answer(lite.export_to_bytes(quantized())[0], feeds["x"])
        np.testing.assert_array_equal(answer(exported, feeds["x"]), expected)


def test_weights_alone_as_integers() -> None:
    nb, _ = lite.convert_to_bytes(model(8), quantize=lite.WeightOnly(bits=8))
    exported, report = lite.export_to_bytes(nb)
    types = {tensor.data_type for tensor in onnx.load_from_string(exported).graph.initializer}
    assert onnx.TensorProto.INT8 in types and report.nodes["DequantizeLinear"] >= 1
    x = samples(1)[0]["x"]
    session = lite.Model(nb).session()
    session.resize({"x": SHAPE})
    np.testing.assert_allclose(answer(exported, x), session.run({"x": x})["y"], rtol=1e-4, atol=1e-4)


def test_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "small.nb"
    lite.convert(model(), source)
    assert lite.export(source, tmp_path / "out").path == str(tmp_path / "out.onnx")
    monkeypatch.chdir(tmp_path)
    report = lite.export("small.nb")
    assert report.path == "small.onnx" and report.size_bytes == Path("small.onnx").stat().st_size
    assert "opset 20" in str(report) and "2 Conv" in str(report)
    with pytest.raises(InputError, match="overwrite"):
        lite.export("small.onnx")


def test_nothing_is_left_where_writing_fails(tmp_path: Path) -> None:
    with pytest.raises(FileError):
        lite.export(model(), tmp_path / "no" / "folder.onnx")
    graph = unsupported()
    with pytest.raises(UnsupportedOpError):
        written(graph)
    assert os.listdir(tmp_path) == []


def test_options_of_source_models_are_refused_for_a_nb() -> None:
    nb = lite.convert_to_bytes(model())[0]
    with pytest.raises(InputError, match="exported as it is"):
        lite.export_to_bytes(nb, input_shape={"x": SHAPE})


def test_a_nb_of_paddle_lite_is_a_source_model(tmp_path: Path) -> None:
    stored = json.loads(lzma.decompress(PADDLE_LITE.read_bytes()))
    source = tmp_path / "paddle_lite.nb"
    source.write_bytes(base64.b64decode(next(iter(stored.values()))["model"]))
    report = lite.export(source, tmp_path / "out")
    onnx.checker.check_model(report.path, full_check=True)


def test_a_model_given_as_bytes_needs_a_name() -> None:
    with pytest.raises(InputError, match="no name"):
        lite.export(model())


def unsupported() -> Graph:
    """Two nodes of which ONNX has no like."""
    graph = Graph("strange")
    bytes_ = graph.add_input("x", TensorType((3,), DType.S8))
    boxes, scores = (graph.add_input(name, TensorType(shape)) for name, shape in
                     (("boxes", (1, 1, 4, 4)), ("scores", (1, 1, 4))))  # fmt: skip
    graph.outputs = [*graph.add(get("bit_shift")(), [bytes_, bytes_], name="shift"),
                     *graph.add(get("non_max_suppression")(keep=2), [boxes, scores], name="nms")]
    return graph


def test_all_that_is_unsupported_is_told_at_once() -> None:
    with pytest.raises(UnsupportedOpError) as caught:
        written(unsupported())
    assert [row.nodes for row in caught.value.ops] == [["shift"], ["nms"]]
    assert "2 nodes cannot be exported" in str(caught.value)


def test_more_than_a_protobuf_holds_is_refused() -> None:
    graph = Graph("large")
    x = graph.add_input("x", TensorType((1 << 16, 1 << 14)))
    weights = np.broadcast_to(np.float32(1), (1 << 16, 1 << 14))  # 4 GB that take no memory
    graph.outputs = list(graph.add(get("mul")(), [x, graph.constant(weights)]))
    with pytest.raises(InputError, match=r"4.29 GB"):
        written(graph)
