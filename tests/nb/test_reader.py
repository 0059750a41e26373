# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import random

import numpy as np
import pytest

from lite.errors import FileError, LiteError, NbCorruptError
from lite.ir import Graph, TensorType
from lite.ir.quant import Quantization
from lite.ir.text import to_text
from lite.nb.golden import record
from lite.nb.pack import pack, packing_of, unpack
from lite.nb.reader import read, read_golden, read_header
from lite.nb.writer import to_bytes, write
from lite.ops.conv2d import Conv2d
from lite.ops.fully_connected import FullyConnected
from lite.ops.matmul import Matmul
from lite.ops.quantize import Quantize


def test_graph_comes_back(graph):
    again = read(to_bytes(graph))
    assert to_text(again) == to_text(graph)
    assert again.preprocess == graph.preprocess
    assert again.symbols == graph.symbols


def test_reads_a_file(graph, tmp_path):
    path = tmp_path / "m.nb"
    write(graph, path, targets=["x86"])
    assert to_text(read(path)) == to_text(graph)
    header = read_header(path)
    assert header.targets == ("x86",) and header.made_by.startswith("lite ")
    assert set(header.sections) == {"graph", "weights"}


def test_golden_vectors_come_back(graph, feeds):
    run = lambda feeds: {"y": feeds["x"] * 2, "n": np.array(3, np.int64), "b": np.array([], bool)}  # noqa: E731
    golden = record([feeds, feeds, feeds], run, count=2, tolerance=0.5)
    again = read_golden(to_bytes(graph, golden=golden))
    assert again is not None and len(again.cases) == 2 and again.tolerance == 0.5
    for case, back in zip(golden.cases, again.cases):
        for name, array in {**case.inputs, **case.outputs}.items():
            result = {**back.inputs, **back.outputs}[name]
            assert (result.dtype, result.shape) == (array.dtype, array.shape)
            assert np.array_equal(result, array)
    assert read_golden(to_bytes(graph)) is None


def _weights(op, x, w):
    graph = Graph()
    inputs = [graph.add_input("x", TensorType(x)), graph.constant(w)]
    return graph.add(op, inputs)[0].producer


@pytest.mark.parametrize("op, x, w", [
    (Conv2d(layout="nhwc"), (1, 5, 6, 3), (20, 3, 3, 2)),
    (Conv2d(layout="nhwc", groups=2), (1, 5, 6, 4), (6, 2, 1, 3)),
    (Conv2d(layout="nhwc", groups=7), (1, 5, 6, 7), (7, 1, 3, 3)),
    (Conv2d(), (1, 3, 5, 6), (20, 3, 3, 2)),
    (FullyConnected(), (2, 9), (9, 17)),
    (Matmul(), (2, 9), (9, 33)),
    (Matmul(transpose_b=True), (2, 9), (33, 9)),
])
def test_unpack_undoes_pack(op, x, w):
    array = np.arange(np.prod(w), dtype=np.float32).reshape(w)
    node = _weights(op, x, array)
    packing = packing_of(node, 1)
    assert np.array_equal(unpack(pack(array, packing).ravel(), packing, w), array)
    graph = Graph()
    value = graph.add_input("x", TensorType(x))
    graph.outputs = list(graph.add(op, [value, graph.constant(array)]))
    assert np.array_equal(read(to_bytes(graph)).constants()[0].array, array)


def test_missing_file(tmp_path):
    with pytest.raises(FileError, match="No such file"):
        read(tmp_path / "none.nb")


@pytest.mark.parametrize("data", [b"", b"LTNB", b"\0" * 100, b"\x08\0\0\0LTNB" + b"\0" * 100])
def test_foreign_bytes(data):
    with pytest.raises(NbCorruptError):
        read(data)


def test_every_byte_changed_once_ends_in_an_error_or_a_graph(graph):
    data = to_bytes(graph)
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 0xFF
        _graph_or_error(bytes(changed))


def test_cut_off_anywhere_is_an_error(graph):
    data = to_bytes(graph)
    for size in range(len(data)):
        with pytest.raises(LiteError):
            read(data[:size])


def test_random_changes_with_right_checksums_end_in_an_error_or_a_graph(graph, mutated):
    data, source = to_bytes(graph), random.Random(7)
    for _ in range(500):
        _graph_or_error(mutated(data, source))


def _graph_or_error(data: bytes) -> None:
    with contextlib.suppress(LiteError):
        read(data)


def test_what_integers_stand_for_comes_back():
    graph = Graph()
    x = graph.add_input("x", TensorType((3,)))
    (q,) = graph.add(Quantize(zero_point=-4), [x, graph.constant(np.array(0.25, np.float32))], outputs=["q"])
    q.quantization = Quantization(0.25, -4)
    graph.outputs = [q]
    (again,) = read(to_bytes(graph)).outputs
    assert again.quantization == Quantization(0.25, -4)
    q.quantization = None
    assert read(to_bytes(graph)).outputs[0].quantization is None
