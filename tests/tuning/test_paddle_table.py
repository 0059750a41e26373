# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from lite.errors import FileError
from lite.ir import Graph, TensorType
from lite.nb.reader import read
from lite.nb.writer import to_bytes
from lite.ops import get
from lite.passes import pipeline
from lite.passes.to_nhwc import ToNhwc
from lite.tuning.paddle_table import PaddleTable, measured, read_paddle_table
from lite.tuning.stopwatch import Net


def net() -> Net:
    graph = Graph("net")
    x = graph.add_input("x", TensorType((1, 3, 20, 24)))

    def constant(*shape: int) -> object:
        return graph.constant(np.zeros(shape, np.float32), f"c{len(graph.nodes)}{shape}")

    def add(name: str, *inputs: object, **attributes: object) -> object:
        return graph.add(get(name)(**attributes), inputs, name=f"{name}{len(graph.nodes)}")[0]

    x = add("conv2d", x, constant(8, 3, 3, 3), constant(8), strides=(2, 2), pads=(1,) * 4, activation="relu")
    x = add("conv2d", x, constant(8, 1, 1, 3), strides=(1, 2), pads=(0, 1, 0, 1), groups=8)
    x = add("sigmoid", x)
    x = add("add", x, x)
    x = add("pool2d", x, kind="max", kernel=(2, 2), strides=(2, 2))
    x = add("pool2d", x, kind="average", kernel=(5, 3), count_include_pad=True)
    x = add("reshape", x, shape=(1, 8))
    x = add("fully_connected", x, constant(8, 10), constant(10))
    graph.outputs = [add("softmax", x, axis=1)]
    pipeline.run(graph, [ToNhwc()])
    nb = to_bytes(graph)
    return Net(nb, read(nb), {})


def test_rows_are_those_of_paddleslim():
    assert list(measured(net()).rows) == [
        "conv,1,1,1,3,20,24,8,1,3,1,2,1",
        "conv,0,0,1,8,10,12,8,8,1,0,1,1,3,1,2",
        "sigmoid,1,8,10,6",
        "eltwise,2,1,8,10,6",
        "pooling,0,1,8,10,6,2,0,2,0,3",
        "pooling,1,1,8,5,3,5,0,1,0,2,3",
        "conv,1,0,1,8,1,1,10,1,1,0,1,1",
        "softmax,1,1,10,1,1",
    ]


def test_a_table_comes_back(tmp_path):
    rows = {"conv,1": 0.25, "softmax,1": 3.0}
    table = PaddleTable("lite 1", "a phone, one core", "2026-01-31 12:00:00", rows)
    (tmp_path / "t.txt").write_text(table.to_text())
    assert read_paddle_table(tmp_path / "t.txt") == table


@pytest.mark.parametrize("text, word", [
    ("", "no latency table"), ("lite\tphone\n", "no latency table"),
    ("lite\tphone\tnow\nconv,1 3\n", "line 2"), ("lite\tphone\tnow\nconv,1\tfast\n", "line 2"),
    ("lite\tphone\tnow\nconv,1\t1\nconv,2\t-3\n", "line 3"), ("lite\tphone\tnow\nconv,1\tnan\n", "line 2"),
])  # fmt: skip
def test_what_is_no_table(tmp_path, text, word):
    (tmp_path / "t.txt").write_text(text)
    with pytest.raises(FileError) as caught:
        read_paddle_table(tmp_path / "t.txt")
    assert word in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileError, match="cannot be read"):
        read_paddle_table(tmp_path / "no.txt")
