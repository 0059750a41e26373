# SPDX-License-Identifier: Apache-2.0
"""The format of a source is found from its content, then from its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from lite import importers
from lite.errors import FileError, InputError, ModelFormatError

ONNX_HEAD = b"\x08\x08\x12\x07pytorch:"


def test_content_tells_onnx_whatever_the_name(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(ONNX_HEAD)
    assert importers.find_format(path) == "onnx"
    assert importers.find_format(ONNX_HEAD) == "onnx"
    assert importers.find_format(b"\x1c\x00\x00\x00TFL3") == "tflite"


def test_the_name_tells_what_content_does_not(tmp_path: Path) -> None:
    for name, format in (
        ("a.onnx", "onnx"),
        ("A.ONNX", "onnx"),
        ("a.pdmodel", "paddle"),
        ("a.tflite", "tflite"),
        ("__model__", "paddle"),
        ("a.caffemodel", "caffe"),
        ("a.prototxt", "caffe"),
        ("a.PB", "tensorflow"),
    ):
        (tmp_path / name).write_bytes(b"?")
        assert importers.find_format(tmp_path / name) == format


@pytest.mark.parametrize("text", [b'name: "net"', b"# a network\n\nlayer {", b'input: "x"', b"layers{"])
def test_content_tells_caffes_text(text: bytes) -> None:
    assert importers.find_format(text) == "caffe"


def test_formats_of_one_file_take_no_parameters() -> None:
    with pytest.raises(InputError, match="'onnx' have no file of parameters"):
        importers.load(ONNX_HEAD, param_file=b"")


def test_a_folder_is_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(ONNX_HEAD)
    assert importers.find_format(tmp_path) == "onnx"
    (tmp_path / "a.pdmodel").write_bytes(b"\x0a")
    with pytest.raises(ModelFormatError, match="several formats"):
        importers.find_format(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFormatError, match="holds no model"):
        importers.find_format(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"hello", "68 65 6c 6c 6f"),
        (b"LTNB....", "converted already"),
    ],
)
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "odd").write_bytes(content)
    for source in (content, tmp_path / "odd"):
        with pytest.raises(ModelFormatError, match=words) as caught:
            importers.find_format(source)
        assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.H5", b"\x0a\x05", "Keras models are not read yet"),
        ("a.nb", b"\x1c\x00\x00\x00LTNB", "this is a .nb file"),
    ],
)
def test_foreign_formats_have_names(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelFormatError, match=words) as caught:
        importers.find_format(tmp_path / name)
    assert "format=" not in str(caught.value)


def test_models_in_subfolders_are_named(tmp_path: Path) -> None:
    for folder in ("b/v1", "a"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "x.onnx").write_bytes(ONNX_HEAD)
    with pytest.raises(ModelFormatError, match="there are some in a, b/v1") as caught:
        importers.find_format(tmp_path)
    assert str(tmp_path / "a") in str(caught.value.hint)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        importers.load(tmp_path / "nowhere.onnx")


def test_an_unknown_format_is_told() -> None:
    with pytest.raises(InputError, match="no source format 'keras'"):
        importers.load(b"", format="keras")


def test_a_folder_with_one_onnx_file_is_that_model(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    values = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [2]) for name in "xy"]
    nodes = [onnx.helper.make_node("Relu", ["x"], ["y"])]
    model = onnx.helper.make_model(onnx.helper.make_graph(nodes, "g", values[:1], values[1:]))
    (tmp_path / "a.onnx").write_bytes(model.SerializeToString())
    assert [node.op.name for node in importers.load(tmp_path).nodes] == ["relu"]
    (tmp_path / "b.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ModelFormatError, match=r"2 ONNX models \(a.onnx, b.onnx\), expected 1"):
        importers.load(tmp_path)
