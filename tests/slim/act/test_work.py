# SPDX-License-Identifier: Apache-2.0
"""What is finished is found again, by all that decides what comes out; what is damaged is made anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from lite.convert import convert_to_bytes
from lite.errors import FileError
from lite.ir import Graph
from lite.ir.text import to_text
from lite.slim.act.digests import digest_of_function
from lite.slim.act.work import FACTS, MODEL, Made, Work


class Maker:
    """Makes a stage, and counts."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.count = graph, 0

    def __call__(self, folder: Path) -> Made:
        self.count += 1
        assert folder.name.endswith(".partial") and folder.is_dir()
        return convert_to_bytes(self.graph)[0], self.graph, {"score": 0.5}


def test_a_finished_stage_is_found(graph: Graph, tmp_path: Path) -> None:
    make = Maker(graph)
    first = Work(tmp_path / "w", {"model": 1}).stage("float", {"bits": 8}, make)
    found = Work(tmp_path / "w", {"model": 1}).stage("float", {"bits": 8}, make)
    assert make.count == 1 and found.was_done and not first.was_done
    assert found.nb == first.nb and found.facts == {"score": 0.5} and found.net is not None
    assert to_text(found.net) == to_text(graph)
    assert not [entry for entry in (tmp_path / "w").iterdir() if entry.name.endswith(".partial")]


def test_other_facts_other_stages(graph: Graph, tmp_path: Path) -> None:
    make = Maker(graph)
    for facts, own in (({"model": 1}, {}), ({"model": 2}, {}), ({"model": 1}, {"bits": 8})):
        assert not Work(tmp_path, facts).stage("float", own, make).was_done
    assert make.count == 3 and len({entry.name for entry in tmp_path.iterdir()}) == 3


@pytest.mark.parametrize("file", [MODEL, FACTS])
@pytest.mark.parametrize("damage", [b"", b"{}", None])
def test_what_is_damaged_is_made_again(graph: Graph, tmp_path: Path, file: str, damage: bytes | None) -> None:
    make = Maker(graph)
    Work(tmp_path, {}).stage("float", {}, make)
    (path,) = tmp_path.glob(f"float-*/{file}")
    path.unlink() if damage is None else path.write_bytes(damage)
    again = Work(tmp_path, {}).stage("float", {}, make)
    assert make.count == 2 and not again.was_done and Work(tmp_path, {}).stage("float", {}, make).was_done


def test_a_stage_that_fails_leaves_its_folder_for_the_next_run(graph: Graph, tmp_path: Path) -> None:
    def broken(folder: Path) -> Made:
        (folder / "checkpoint").write_text("half")
        raise KeyboardInterrupt

    def resumed(folder: Path) -> Made:
        assert (folder / "checkpoint").read_text() == "half"
        return convert_to_bytes(graph)[0], None, {}

    with pytest.raises(KeyboardInterrupt):
        Work(tmp_path, {}).stage("qat", {}, broken)
    assert Work(tmp_path, {}).stage("qat", {}, resumed).net is None


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="what was finished before is kept"):
        Work(tmp_path / "file" / "w", {})


def test_functions_of_another_text_are_others() -> None:
    assert digest_of_function(len) == digest_of_function(len) != digest_of_function(max)
    assert digest_of_function(lambda x: x) != digest_of_function(lambda x: x + 1)
