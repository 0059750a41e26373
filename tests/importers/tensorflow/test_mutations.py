# SPDX-License-Identifier: Apache-2.0
"""Thousands of damaged graphs and checkpoints: each gives a sound graph or a LiteError."""

from __future__ import annotations

import base64
import io
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
from damage import is_read, mutate_bytes
from tf_archive import ZOO

from lite.importers.proto import messages
from lite.importers.tensorflow import load

GRAPHS = sorted(name for name in ZOO if "graph" in ZOO[name])
NUMBERS = (0, 1, -1, 2, 3, 7, -2, 1 << 31, -(1 << 31), (1 << 63) - 1, -(1 << 63))
REALS = (0.0, -1.0, 1e30, float("nan"), float("inf"))


def _mutate_graph(content: bytes, dice: random.Random) -> bytes:
    """Names, ops, references, attributes and tensors changed, so that the graph still parses."""
    graph = messages("tensorflow")["Graph"].FromString(content)
    for _ in range(dice.choice((1, 1, 2, 3))):
        node = dice.choice(graph.node)
        kind = dice.randrange(6)
        if kind == 0:
            node.op = dice.choice(graph.node).op
        elif kind == 1 and node.input:
            node.input[dice.randrange(len(node.input))] = dice.choice(graph.node).name + dice.choice(
                ("", ":1", ":x:7")
            )
        elif kind == 2:
            node.input.append(dice.choice(graph.node).name)
        elif kind == 3 and node.input:
            del node.input[-1]
        elif node.attr:
            _mutate_attribute(dice.choice(node.attr), dice)
    return bytes(graph.SerializeToString())


def _mutate_attribute(entry: Any, dice: random.Random) -> None:
    value = entry.value
    kind = dice.randrange(5)
    if kind == 0:
        entry.key = dice.choice(("other", "strides", "axis", "value"))
    elif kind == 1:
        value.i, value.f = dice.choice(NUMBERS), dice.choice(REALS)
    elif kind == 2:
        value.list.i[:] = dice.choices(NUMBERS, k=dice.randrange(6))
    elif value.HasField("tensor"):
        tensor = value.tensor
        content = bytearray(tensor.tensor_content)
        if kind == 3 and content:
            content[dice.randrange(len(content))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
            tensor.tensor_content = bytes(content)
        elif tensor.tensor_shape.dim:
            dice.choice(tensor.tensor_shape.dim).size = dice.choice(NUMBERS)
        else:
            tensor.dtype = dice.randrange(24)
    else:
        value.ClearField(value.ListFields()[0][0].name) if value.ListFields() else None


def _outcome(source: bytes | Path) -> str:
    return "read" if is_read(load, source) else "refused"


def _run(seeds: range) -> dict[str, int]:
    outcomes = {"read": 0, "refused": 0}
    for seed in seeds:
        dice = random.Random(seed)
        name = dice.choice(GRAPHS)
        content = base64.b64decode(ZOO[name]["graph"])
        damaged = mutate_bytes(content, dice) if dice.randrange(3) == 0 else _mutate_graph(content, dice)
        try:
            outcomes[_outcome(damaged)] += 1
        except Exception as error:
            raise AssertionError(f"seed {seed}: {name}") from error
    return outcomes


def test_damaged_graphs_give_a_graph_or_an_error() -> None:
    assert min(_run(range(2000)).values()) > 300


@pytest.mark.slow
def test_many_damaged_graphs_give_a_graph_or_an_error() -> None:
    assert min(_run(range(2000, 20000)).values()) > 3000


@pytest.mark.parametrize("file", ["saved_model.pb", "variables/variables.index"])
@pytest.mark.parametrize("seeds", [range(60), pytest.param(range(60, 1000), marks=pytest.mark.slow)])
def test_damaged_saved_models_give_a_graph_or_an_error(tmp_path: Path, file: str, seeds: range) -> None:
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(ZOO["saved/module"]["folder"]))) as archive:
        archive.extractall(tmp_path)
    content = (tmp_path / file).read_bytes()
    outcomes = {"read": 0, "refused": 0}
    for seed in seeds:
        (tmp_path / file).write_bytes(mutate_bytes(content, random.Random(seed)))
        outcomes[_outcome(tmp_path)] += 1
    assert min(outcomes.values()) > 2
