# SPDX-License-Identifier: Apache-2.0
"""Data in many forms becomes the same samples; what is wrong with it is said."""

from __future__ import annotations

import numpy as np
import pytest

from lite.errors import CalibrationError, FileError
from lite.ir import Graph, Preprocess, TensorType
from lite.quant.samples import Samples


def feeds(data, graph, most=None):
    return [sample["x"] for sample in Samples(data, graph, most)]


def test_forms_agree(graph, data, tmp_path):
    np.save(tmp_path / "x.npy", data)
    np.savez(tmp_path / "x.npz", x=data)
    (tmp_path / "parts").mkdir()
    for position, row in enumerate(data):
        np.save(tmp_path / "parts" / f"{position}.npy", row)
    forms = [data, {"x": data}, list(data), [{"x": row[None]} for row in data], data[:, None],
             (row for row in data), tmp_path / "x.npy", str(tmp_path / "x.npz"), tmp_path / "parts"]
    for form in forms:
        assert np.array_equal(np.concatenate(feeds(form, graph)), data)


def test_number_is_bounded(graph, data):
    assert np.array_equal(np.concatenate(feeds(data, graph, 4)), data[::2])
    assert np.array_equal(np.concatenate(feeds(iter(data), graph, 3)), data[:3])
    assert Samples(data, graph, 4).count == 4 and Samples(iter(data), graph).count is None


def test_says_what_can_be_gone_through_again(graph, data):
    assert Samples(data, graph).again and Samples(list(data), graph).again
    assert not Samples(iter(data), graph).again


def test_images(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for position in range(3):
        image.new("RGB", (12, 10), (position * 50, 0, 255)).save(tmp_path / f"{position}.png")
    graph = Graph("net")
    graph.add_input("x", TensorType((1, 3, 8, 8)))
    with pytest.raises(CalibrationError, match="does not say how an image"):
        feeds(tmp_path, graph)
    graph.preprocess = Preprocess(crop=8, mean=(0.0,), std=(255.0,))
    found = feeds(tmp_path, graph)
    assert len(found) == 3 and found[2][0, 0].max() == pytest.approx(100 / 255)


def test_several_inputs(data):
    graph = Graph("net")
    graph.add_input("x", TensorType((1, 8, 8, 3)))
    graph.add_input("scale", TensorType((1, 2)))
    scale = np.arange(16, dtype=np.float32).reshape(8, 2)
    samples = list(Samples({"x": data, "scale": scale}, graph))
    assert len(samples) == 8 and np.array_equal(samples[3]["scale"], [[6, 7]])
    pairs = list(Samples(list(zip(data, scale)), graph))
    assert np.array_equal(pairs[3]["scale"], samples[3]["scale"])
    with pytest.raises(CalibrationError, match="different numbers of samples"):
        Samples({"x": data, "scale": scale[:5]}, graph)
    with pytest.raises(CalibrationError, match="an array is for one input"):
        Samples(data, graph)


@pytest.mark.parametrize(("change", "message"), [
    (lambda data: [], "is empty"),
    (lambda data: data[:0], "is empty"),
    (lambda data: None, "got NoneType"),
    (lambda data: 7, "got int"),
    (lambda data: {"z": data}, "arrays for .'z'. were given, expected .'x'."),
    (lambda data: data[:, :5], "shape"),
    (lambda data: data[0, 0], "shape"),
    (lambda data: data * np.nan, "NaN or infinity"),
    (lambda data: [["a", "b"]], "holds <U1"),
    (lambda data: "/no/such/file.npy", "cannot be read"),
    (lambda data: "/no/such/folder", "no such file"),
])  # fmt: skip
def test_bad_data_is_refused(graph, data, change, message):
    with pytest.raises(CalibrationError, match=message):
        feeds(change(data), graph)


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_damaged_files_are_refused(graph, tmp_path, name):
    (tmp_path / name).write_bytes(b"no array")
    with pytest.raises(CalibrationError, match=name):
        feeds(tmp_path / name, graph)


def test_empty_folders_and_bad_images_are_refused(graph, tmp_path):
    with pytest.raises(CalibrationError, match="no image"):
        feeds(tmp_path, graph)
    pytest.importorskip("PIL")
    (tmp_path / "a.png").write_bytes(b"no image")
    graph.preprocess = Preprocess()
    with pytest.raises(FileError, match=r"a\.png"):
        feeds(tmp_path, graph)


def test_integers_become_floats_not_the_other_way(graph):
    whole = np.arange(192, dtype=np.uint8).reshape(1, 8, 8, 3)
    assert feeds(whole, graph)[0].dtype == np.float32
    ids = Graph("ids")
    from lite.ir import DType

    ids.add_input("x", TensorType((1, 4), DType.S64))
    assert feeds(np.zeros((2, 4), np.int32), ids)[1].dtype == np.int64
    with pytest.raises(CalibrationError, match="holds float32"):
        feeds(np.zeros((2, 4), np.float32), ids)
