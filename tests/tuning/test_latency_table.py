# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from lite.errors import FileError, InputError
from lite.profile import LayerTime
from lite.tuning.latency_table import HEAD, LatencyTable, read_latency_table

LAYER = LayerTime("stem", "conv2d", "p16", ((1, 8, 8, 3), (4, 3, 3, 3), ()), ((1, 8, 8, 4),), 12.5, ())


def test_a_table_comes_back(tmp_path):
    table = LatencyTable("a phone, one core")
    table.add([LAYER])
    (tmp_path / "t.txt").write_text(table.to_text() + "\n# a remark\n")
    again = read_latency_table(tmp_path / "t.txt")
    assert again == table
    assert again.times([("conv2d", LAYER.inputs, LAYER.outputs)]) == [12.5]


def test_layers_that_are_missing_are_named():
    with pytest.raises(InputError, match="lacks 1 layers: relu 1x2 -> 1x2"):
        LatencyTable("m").times([("relu", ((1, 2),), ((1, 2),))] * 2)


@pytest.mark.parametrize("text, word", [
    ("", "no latency table"), ("lite latency table 9\nmachine m\n", "no latency table"),
    (f"{HEAD}\nmachine m\nconv2d 1x2 3\n", "line 3"),
    (f"{HEAD}\nmachine m\nconv2d 1x2 -> 1x2 fast\n", "line 3"),
    (f"{HEAD}\nmachine m\n\nconv2d 1xn -> 1x2 3\n", "line 4"),
    (f"{HEAD}\nmachine m\nconv2d 1x2 -> 1x2 -3\n", "line 3"),
    (f"{HEAD}\nmachine m\nconv2d 1x2 -> 3\n", "line 3"),
])  # fmt: skip
def test_what_is_no_table(tmp_path, text, word):
    (tmp_path / "t.txt").write_text(text)
    with pytest.raises(FileError) as caught:
        read_latency_table(tmp_path / "t.txt")
    assert word in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileError, match="cannot be read"):
        read_latency_table(tmp_path / "no.txt")
