# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import stat
import struct
import threading
import zlib

import numpy as np
import pytest

from lite.errors import FileError, LiteError
from lite.ir import Dim, DType, Graph, TensorType
from lite.nb import schema
from lite.nb.golden import record
from lite.nb.writer import to_bytes, write, write_atomically
from lite.ops.relu import Relu


def _parts(data: bytes) -> tuple[schema.HeaderT, dict[str, bytes]]:
    identifier, crc32, size = struct.unpack("<4sIQ", data[-16:])
    assert identifier == b"LTNB"
    assert crc32 == zlib.crc32(data[:size])
    header = schema.HeaderT.InitFromPackedBuf(data)
    return header, {row.name.decode(): data[row.offset:row.offset + row.size] for row in header.sections}


def test_layout_of_the_file(graph):
    data = to_bytes(graph, targets=("x86", "arm"))
    header, sections = _parts(data)
    assert data[4:8] == b"LTNB"
    assert header.targets == [b"arm", b"x86"]
    assert header.formatVersion == 1
    assert [row.name for row in header.sections] == [b"graph", b"weights"]
    assert all(row.offset % 64 == 0 and zlib.crc32(sections[row.name.decode()]) == row.crc32
               for row in header.sections)
    last = header.sections[-1]
    assert len(data) == last.offset + last.size + 16


def test_same_graph_gives_same_bytes(graph):
    golden = record([{"x": np.ones((1, 4, 2), np.float32)}], lambda feeds: {"y": feeds["x"]}, count=1)
    assert to_bytes(graph, golden=golden) == to_bytes(graph, golden=golden)


def test_equal_constants_are_stored_once(graph):
    root = schema.GraphT.InitFromPackedBuf(_parts(to_bytes(graph))[1]["graph"])
    offsets = [value.constant.offset for value in root.values if value.constant is not None]
    assert len(offsets) == 2 and len(set(offsets)) == 1


def test_constants_are_aligned():
    graph = Graph()
    x = graph.add_input("x", TensorType((3,)))
    from lite.ops.add import Add

    for count in (1, 3):
        (x,) = graph.add(Add(), [x, graph.constant(np.arange(count, dtype=np.float32))])
    graph.outputs = [x]
    root = schema.GraphT.InitFromPackedBuf(_parts(to_bytes(graph))[1]["graph"])
    assert [value.constant.offset for value in root.values if value.constant is not None] == [0, 64]


def test_element_types_are_numbered_as_in_the_schema():
    words = {name: number for name, number in vars(schema.DType).items() if not name.startswith("_")}
    numbers = [words["boolean" if dtype is DType.BOOL else dtype.value] for dtype in DType]
    assert numbers == list(range(len(words)))


def test_formula_over_an_unknown_symbol_is_refused():
    graph = Graph()
    x = graph.add_input("x", TensorType((2 * Dim.symbol("half"),)))
    graph.outputs = list(graph.add(Relu(), [x]))
    with pytest.raises(LiteError, match="depends on"):
        to_bytes(graph)


def test_value_read_before_it_is_written_is_refused(graph):
    graph.nodes.reverse()
    with pytest.raises(LiteError, match="read before it is written"):
        to_bytes(graph)


def test_write_is_atomic(graph, tmp_path):
    path = tmp_path / "m.nb"
    assert write(graph, path) == path.stat().st_size
    assert path.read_bytes() == to_bytes(graph)
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.nb"]
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


def test_failed_write_leaves_the_old_file(graph, tmp_path, monkeypatch):
    path = tmp_path / "m.nb"
    path.write_bytes(b"old")

    def full(source, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(FileError, match="No space left") as caught:
        write(graph, path)
    assert caught.value.where == str(path) and caught.value.hint
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.nb"]


def test_a_link_stays_and_its_file_is_written(tmp_path):
    (tmp_path / "there").mkdir()
    link = tmp_path / "link.nb"
    link.symlink_to(tmp_path / "there" / "model.nb")
    write_atomically(link, b"new")
    assert link.is_symlink() and (tmp_path / "there" / "model.nb").read_bytes() == b"new"


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    write_atomically(pipe, b"bytes")
    reader.join(timeout=10)
    assert received == [b"bytes"] and pipe.is_fifo()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_a_full_device_is_an_error_and_stays_a_device(tmp_path):
    link = tmp_path / "full"
    link.symlink_to("/dev/full")
    with pytest.raises(FileError, match="No space left"):
        write_atomically(link, b"bytes")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_folder_that_does_not_exist(graph, tmp_path):
    with pytest.raises(FileError, match="No such file"):
        write(graph, tmp_path / "no" / "m.nb")
