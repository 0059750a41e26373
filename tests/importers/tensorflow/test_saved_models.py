# SPDX-License-Identifier: Apache-2.0
"""Saved models: where their files lie, how variables are found in checkpoints, what damage is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tf_graphs import (
    calls,
    function,
    graph,
    image,
    index,
    node,
    saved_model,
    texts,
    varint,
    write_checkpoint,
)

from lite import importers
from lite.errors import FileError, LiteError, ModelFormatError, UnsupportedOpError
from lite.importers.proto import messages
from lite.importers.tensorflow import load
from lite.ir.interpret import interpret

KEY = "layer/w"
CONTENT = np.array([1, 2, 3, 4], np.float32)
READ = [node("w", "VarHandleOp"), node("read", "ReadVariableOp", "w"), node("y", "Mul", "x", "read")]
RESTORE = function(
    "restore",
    "prefix w",
    "prefix",
    node("names", "Const", value=texts(KEY)),
    node("old", "RestoreV2", "prefix", "names:output:0", "names:output:0"),
    node("passed", "Identity", "old:tensors:0"),
    node("set", "AssignVariableOp", "w", "passed:output:0"),
)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """Writes a saved model that multiplies by a variable."""

    def write(**changes: Any) -> Path:
        caller = node("restore_all", "StatefulPartitionedCall", "saver", "w", f=calls("restore"))
        nodes = [image(1, 4), node("saver", "Placeholder"), *READ, caller]
        content = saved_model(*nodes, outputs={"scores": "y:0"}, restore="restore_all")
        (tmp_path / "saved_model.pb").write_bytes(_with_function(content))
        write_checkpoint(tmp_path, {KEY: CONTENT}, **changes)
        return tmp_path

    return write


def _with_function(content: bytes) -> bytes:
    model = messages("tensorflow")["SavedModel"].FromString(content)
    model.meta_graphs[0].graph_def.library.function.append(RESTORE)
    return bytes(model.SerializeToString())


def _answer(source: Path) -> np.ndarray:
    made = load(source)
    assert [value.name for value in made.inputs] == ["image"]
    return interpret(made, {"image": np.full((1, 4), 2, np.float32)})["scores"]


def test_variables_come_from_the_checkpoint(saved: Callable[..., Path]) -> None:
    folder = saved()
    for source in (folder, folder / "saved_model.pb"):
        np.testing.assert_array_equal(_answer(source), 2 * CONTENT[None])
    assert load(folder).name == folder.name
    for source in (folder, folder / "saved_model.pb", (folder / "saved_model.pb").read_bytes()):
        assert importers.find_format(source) == "tensorflow"


def test_the_graph_itself_may_assign(tmp_path: Path) -> None:
    nodes = [
        image(1, 4),
        node("w", "VariableV2"),
        node("y", "Mul", "x", "w"),
        node("names", "Const", value=texts("other", KEY)),
        node("old", "RestoreV2", "names", "names", "names"),
        node("set", "Assign", "w", "old:1"),
        node("save/restore_all", "NoOp", "^set"),
    ]
    (tmp_path / "saved_model.pb").write_bytes(
        saved_model(*nodes, outputs={"scores": "y:0"}, restore="save/restore_all")
    )
    write_checkpoint(tmp_path, {KEY: CONTENT})
    np.testing.assert_array_equal(_answer(tmp_path), 2 * CONTENT[None])


def test_a_signature_is_chosen(tmp_path: Path) -> None:
    relu = node("y", "Relu", "x")
    path = tmp_path / "saved_model.pb"
    path.write_bytes(saved_model(image(1, 4), relu, outputs={"only": "y:0"}, key="mine"))
    assert [value.name for value in load(tmp_path).outputs] == ["only"]
    path.write_bytes(saved_model(image(1, 4), relu, outputs={}, key="mine"))
    with pytest.raises(UnsupportedOpError, match=r"its signatures are \[\], expected 'serving_default'"):
        load(tmp_path)


def test_a_folder_may_hold_one_frozen_graph(tmp_path: Path) -> None:
    (tmp_path / "a.pb").write_bytes(graph(image(2), node("y", "Relu", "x")))
    assert load(tmp_path).name == "a"
    assert importers.load(tmp_path).outputs[0].name == "y"
    (tmp_path / "b.pb").write_bytes(b"")
    with pytest.raises(ModelFormatError, match=r"no saved_model.pb and 2 graphs \*.pb \(a.pb, b.pb\)"):
        load(tmp_path)


def test_graphs_are_told_by_their_first_bytes(tmp_path: Path) -> None:
    content = graph(image(2), node("y", "Relu", "x"))
    assert importers.find_format(content) == "tensorflow"
    (tmp_path / "model.bin").write_bytes(content)
    assert importers.find_format(tmp_path / "model.bin") == "tensorflow"


# Damage ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"size": 12}, ModelFormatError, "the tensor has 12 bytes, expected 16 for f32[4]"),
        (
            {"offset": 8},
            ModelFormatError,
            "it is bytes 8 to 24 of variables.data-00000-of-00001, which has 16",
        ),
        ({"offset": -8}, ModelFormatError, "it is bytes -8 to 8"),
        ({"size": -1}, ModelFormatError, "in -1 bytes"),
        ({"size": 1 << 60}, ModelFormatError, "in 1152921504606846976 bytes"),
        ({"shape": -4}, ModelFormatError, "its shape is (-4,)"),
        ({"shape": 3}, ModelFormatError, "expected 12 for f32[3]"),
        ({"dtype": 8}, UnsupportedOpError, "complex64"),
        ({"slices": b"x"}, UnsupportedOpError, "stored in slices"),
        ({"shard_id": 5}, FileError, "No such file"),
    ],
)
def test_entries_that_are_damaged(
    saved: Callable[..., Path], changes: dict[str, Any], error: type[LiteError], words: str
) -> None:
    with pytest.raises(error) as caught:
        load(saved(**changes))
    assert words in str(caught.value)
    assert error is FileError or "read" in str(caught.value).partition(": ")[2]  # the node


def test_a_variable_that_the_checkpoint_lacks_is_told(saved: Callable[..., Path]) -> None:
    folder = saved()
    write_checkpoint(folder, {"another": CONTENT})
    with pytest.raises(ModelFormatError, match="the checkpoint has no 'layer/w'"):
        load(folder)


def test_a_variable_that_nothing_restores_is_told(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(saved_model(image(1, 4), *READ, outputs={"scores": "y:0"}))
    write_checkpoint(tmp_path, {KEY: CONTENT})
    with pytest.raises(ModelFormatError, match="variable 'w' has no content: nothing restores it"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"", "no index of a checkpoint"),
        (bytes(100), "no index of a checkpoint"),
        (index({b"": b""}, compressed=1), "compressed"),
        (
            index({b"": b""})[:-48]
            + (varint(0) * 2 + varint(1 << 40) + varint(9)).ljust(40, b"\0")
            + index({b"": b""})[-8:],
            "a block lies at bytes 1099511627776",
        ),
        (
            index({b"": b""})[:-48] + b"\xff" * 40 + index({b"": b""})[-8:],
            "a number of the table is too long",
        ),
        (index({b"": b"\xff"}), "an entry of the table is damaged"),
        (index({b"": b"", b"a": b""}).replace(b"\0\1\0a", b"\7\1\0a"), "a row of the table is damaged"),
    ],
)
def test_tables_that_are_damaged(saved: Callable[..., Path], table: bytes, words: str) -> None:
    folder = saved()
    (folder / "variables" / "variables.index").write_bytes(table)
    with pytest.raises(LiteError) as caught:
        load(folder)
    assert words in str(caught.value)
    assert "variables.index" in str(caught.value)
