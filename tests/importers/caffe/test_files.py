# SPDX-License-Identifier: Apache-2.0
"""A pair of files is found from either of them or from its folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from caffe_nets import Net, one

from lite import importers
from lite.errors import FileError, ModelFormatError
from lite.importers.caffe import find_files
from lite.ir import Graph


@pytest.fixture
def net() -> Net:
    return one("AbsVal")


def _write(folder: Path, net: Net, network: str = "net.prototxt", weights: str = "net.caffemodel") -> None:
    (folder / network).write_bytes(net.text)
    (folder / weights).write_bytes(net.model)


def _is_the_net(graph: Graph) -> bool:
    return [node.op.name for node in graph.nodes] == ["abs"]


@pytest.mark.parametrize("source", ["net.prototxt", "net.caffemodel", "."])
def test_either_file_or_the_folder_will_do(tmp_path: Path, net: Net, source: str) -> None:
    _write(tmp_path, net)
    assert importers.find_format(tmp_path / source) == "caffe"
    graph = importers.load(tmp_path / source)
    assert _is_the_net(graph)
    assert graph.name == "net"


def test_the_only_other_file_is_the_partner(tmp_path: Path, net: Net) -> None:
    _write(tmp_path, net, "deploy.prototxt", "net_iter_100.caffemodel")
    for name in ("deploy.prototxt", "net_iter_100.caffemodel"):
        assert find_files(tmp_path / name).weights.name == "net_iter_100.caffemodel"


def test_the_same_stem_comes_first(tmp_path: Path, net: Net) -> None:
    _write(tmp_path, net)
    _write(tmp_path, net, "other.prototxt", "other.caffemodel")
    assert find_files(tmp_path / "other.caffemodel").network.name == "other.prototxt"
    assert find_files(tmp_path / "net.prototxt").weights.name == "net.caffemodel"


def test_both_files_can_be_named(tmp_path: Path, net: Net) -> None:
    (tmp_path / "far").mkdir()
    _write(tmp_path, net, "a.prototxt", "far/weights.bin")
    assert _is_the_net(importers.load(tmp_path / "a.prototxt", param_file=tmp_path / "far/weights.bin"))
    assert _is_the_net(importers.load(tmp_path, format="caffe", param_file=tmp_path / "far/weights.bin"))


def test_bytes_need_both(net: Net) -> None:
    assert importers.find_format(net.text) == "caffe"
    assert _is_the_net(importers.load(net.text, param_file=net.model))
    with pytest.raises(ModelFormatError, match="no layer with weights"):
        importers.load(net.text)


def test_a_partner_that_cannot_be_told(tmp_path: Path, net: Net) -> None:
    _write(tmp_path, net)
    for name in ("a", "b"):
        (tmp_path / f"{name}.caffemodel").write_bytes(net.model)
    with pytest.raises(ModelFormatError, match=r"3 files \*.caffemodel \(a.caffemodel, b.caffe") as caught:
        importers.load(tmp_path)
    assert "--param_file" in str(caught.value)
    (tmp_path / "net.prototxt").unlink()
    with pytest.raises(ModelFormatError, match=r"0 files \*.prototxt, expected a.prototxt, or just one"):
        importers.load(tmp_path / "a.caffemodel")


def test_files_that_are_not_there(tmp_path: Path, net: Net) -> None:
    _write(tmp_path, net)
    with pytest.raises(FileError, match="no such file"):
        find_files(tmp_path / "nowhere.prototxt")
    with pytest.raises(FileError, match="weights is not there"):
        find_files(tmp_path / "net.prototxt", tmp_path / "nowhere.caffemodel")
