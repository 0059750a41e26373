# SPDX-License-Identifier: Apache-2.0
"""External data: read from below the model's folder, and from nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
from onnx import TensorProto, helper

from lite import importers
from lite.errors import ModelFormatError

W = np.arange(12, dtype=np.float32).reshape(3, 4)


def write(folder: Path, data: Path | None = None, **entries: str) -> Path:
    """A model whose only weights lie in another file."""
    made = tiny.model(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        {"x": np.zeros((2, 3), np.float32)},
        constants={"w": W},
    )
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=value)
    (data or folder / "w.bin").write_bytes(b"\xee" * 8 + W.tobytes() + b"\xee" * 4)
    path = folder / "model.onnx"
    path.write_bytes(made.SerializeToString())
    return path


def weights(path: Path) -> np.ndarray:
    graph = importers.load(path)
    (constant,) = graph.constants()
    assert constant.array is not None
    return constant.array


def test_data_beside_the_model_is_read(tmp_path: Path) -> None:
    np.testing.assert_array_equal(weights(write(tmp_path, location="w.bin", offset="8", length="48")), W)


def test_data_in_a_folder_below_is_read(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = write(tmp_path, tmp_path / "data" / "w.bin", location="data/w.bin", offset="8", length="48")
    np.testing.assert_array_equal(weights(path), W)


@pytest.mark.parametrize(
    "location",
    [
        "../w.bin",
        "/etc/passwd",
        "data/../../w.bin",
        "..",
        "",
        ".",
        "C:\\w.bin",
        "\\\\host\\w.bin",
        "w.bin\0",
        "nowhere.bin",
    ],
)
def test_paths_out_of_the_folder_are_refused(tmp_path: Path, location: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "w.bin").write_bytes(b"\0" * 60)
    with pytest.raises(ModelFormatError, match="'w'"):
        importers.load(write(folder, location=location, offset="8", length="48"))


def test_symbolic_links_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").mkdir()
    path = write(folder, tmp_path / "secret" / "w.bin", location="link.bin", offset="8", length="48")
    (folder / "link.bin").symlink_to(tmp_path / "secret" / "w.bin")
    with pytest.raises(ModelFormatError, match="symbolic link"):
        importers.load(path)
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(ModelFormatError, match="symbolic link"):
        importers.load(
            write(folder, tmp_path / "secret" / "w.bin", location="link/w.bin", offset="8", length="48")
        )


def test_hard_links_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, tmp_path / "other", location="link.bin", offset="8", length="48")
    os.link(tmp_path / "other", tmp_path / "link.bin")
    with pytest.raises(ModelFormatError, match="hard links"):
        importers.load(path)


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_ordinary_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, location="odd", offset="8", length="48")
    (tmp_path / "odd").mkdir() if kind == "folder" else os.mkfifo(tmp_path / "odd")
    with pytest.raises(ModelFormatError, match="'w'"):
        importers.load(path)


@pytest.mark.parametrize(
    ("offset", "length"),
    [
        ("8", "4800"),
        ("16", "48"),
        ("-8", "48"),
        ("8", "-2"),
        ("18446744073709551608", "48"),
        ("8", "18446744073709551615"),
        ("9223372036854775807", "9223372036854775807"),
        ("8", "12"),
        ("eight", "48"),
        ("1000", "-1"),
    ],
)
def test_ranges_past_the_file_or_of_other_length_are_refused(
    tmp_path: Path, offset: str, length: str
) -> None:
    with pytest.raises(ModelFormatError, match="'w'"):
        importers.load(write(tmp_path, location="w.bin", offset=offset, length=length))


def test_bytes_have_no_folder(tmp_path: Path) -> None:
    content: Any = write(tmp_path, location="w.bin", offset="8", length="48").read_bytes()
    with pytest.raises(ModelFormatError, match="import the model from its path"):
        importers.load(content, format="onnx")
