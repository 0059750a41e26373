# SPDX-License-Identifier: Apache-2.0
"""Sensitivities are measured once, by any number of processes, and nothing that was measured is lost."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from measuring import Judge, measure
from pruning_nets import BODIES, Net, around

import lite
from lite.errors import FileError, InputError
from lite.ir import Graph
from lite.nb import writer

pytest.importorskip("torch", reason="PyTorch is not installed: lite.slim needs it")
from lite.slim import (
    get_ratios_by_loss,
    load_sensitivities,
    merge_sensitive,
    prune_channels,
    sensitivity,
    to_torch,
)

RATIOS = (0.25, 0.5)


@pytest.fixture
def graph() -> Graph:
    return around(BODIES["squeeze and excite"])


def test_losses_are_those_of_pruned_models(graph: Graph) -> None:
    found = sensitivity(graph, Judge(), ratios=RATIOS)
    assert {layer: tuple(losses) for layer, losses in found.items()} == {"first": RATIOS, "squeeze": RATIOS}
    sessions = [lite.Model(lite.convert_to_bytes(model)[0]).session()
                for model in (graph, prune_channels(graph, {"squeeze": 0.5}))]
    before, after = (Judge()(session) for session in sessions)
    assert found["squeeze"][0.5] == pytest.approx((before - after) / before, rel=1e-6)
    assert set(get_ratios_by_loss(found, 10.0)) == {"first", "squeeze"}


def test_a_module_is_judged_as_a_module(graph: Graph) -> None:
    channels = []
    sensitivity(to_torch(graph), lambda net: channels.append(net.graph.nodes[0].output.type.shape[1]) or 1.0,
                ratios=[0.5], layers=["first"])
    assert channels == [12, 6]


def test_the_store_is_gone_on_from(graph: Graph, tmp_path: Path) -> None:
    store, judge = tmp_path / "s.json", Judge()
    some = sensitivity(graph, judge, ratios=[0.5], layers=["first"], store=store)
    assert judge.calls == 2
    every = sensitivity(graph, judge, ratios=RATIOS, store=store)
    assert judge.calls == 2 + 3 and every["first"][0.5] == some["first"][0.5]
    assert load_sensitivities(store) == every
    assert sensitivity(graph, judge, ratios=RATIOS, store=store) == every and judge.calls == 5


@pytest.mark.parametrize(("fault", "error", "words"), [
    (ValueError("no data"), InputError, "ratio 0.5: evaluate raised ValueError: no data"),
    (float("nan"), InputError, "layer 'first', ratio 0.5: evaluate gave nan"),
    (KeyboardInterrupt(), KeyboardInterrupt, None),
])  # fmt: skip
def test_nothing_is_lost_if_evaluate_fails(graph: Graph, tmp_path: Path, fault: Any,
                                           error: type[BaseException], words: str | None) -> None:
    store = tmp_path / "s.json"
    with pytest.raises(error, match=words):
        sensitivity(graph, Judge(3, fault), ratios=RATIOS, store=store)
    assert list(load_sensitivities(store)["first"]) == [0.25]
    judge = Judge()
    assert sensitivity(graph, judge, ratios=RATIOS, store=store) == sensitivity(graph, Judge(), ratios=RATIOS)
    assert judge.calls == 3
    assert sorted(os.listdir(tmp_path)) == [".s.json.lock", "s.json"]


def test_a_full_disk_leaves_what_was_written(graph: Graph, tmp_path: Path,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "s.json"
    sensitivity(graph, Judge(), ratios=[0.25], store=store)
    before = store.read_bytes()

    def full(descriptor: int, mode: str) -> Any:
        os.close(descriptor)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writer.os, "fdopen", full)
    with pytest.raises(FileError, match="No space left"):
        sensitivity(graph, Judge(), ratios=RATIOS, store=store)
    assert store.read_bytes() == before


@pytest.mark.parametrize(("content", "words"), [
    ('{"format": "lite sens', "it is damaged, or no JSON"), ("\x00\xff", "it is damaged, or no JSON"),
    ("[1, 2]", "it is no store"), ('{"conv": {"0.1": 0.2}}', "it is no store"),
    ('{"format": "lite sensitivities 1", "model": "another"}', "it is of another model: 'another'"),
])  # fmt: skip
def test_foreign_and_damaged_stores_are_refused(graph: Graph, tmp_path: Path, content: str,
                                                words: str) -> None:
    store = tmp_path / "s.json"
    store.write_text(content, encoding="latin-1")
    judge = Judge()
    with pytest.raises(InputError, match=f"s.json: {words}"):
        sensitivity(graph, judge, store=store)
    assert judge.calls == 0 and store.read_text(encoding="latin-1") == content


def test_a_store_of_another_criterion_is_refused(graph: Graph, tmp_path: Path) -> None:
    sensitivity(graph, Judge(), ratios=[0.5], store=tmp_path / "s.json")
    with pytest.raises(InputError, match="of another criterion: 'l1_norm', now it is 'l2_norm'"):
        sensitivity(graph, Judge(), ratios=[0.5], criterion="l2_norm", store=tmp_path / "s.json")


@pytest.mark.parametrize(("options", "words"), [
    ({"ratios": []}, "ratios: there is none"), ({"ratios": [0.0]}, "the ratio is 0, expected 0 < ratio"),
    ({"ratios": [1.5]}, "the ratio is 1.5"), ({"layers": ["frist"]}, "did you mean 'first'"),
    ({"layers": ["last"]}, "it cannot be pruned: 'last' is an output"),
])  # fmt: skip
def test_wrong_requests_cost_no_evaluation(graph: Graph, options: dict[str, Any], words: str) -> None:
    judge = Judge()
    with pytest.raises(InputError, match=words):
        sensitivity(graph, judge, **options)
    assert judge.calls == 0


def test_an_accuracy_of_0_cannot_be_lost(graph: Graph) -> None:
    with pytest.raises(InputError, match="the accuracy before is 0"):
        sensitivity(graph, lambda session: 0.0)


def test_processes_share_a_store(tmp_path: Path) -> None:
    """Each measurement is made once, and all processes get all of them."""
    context = multiprocessing.get_context("spawn")
    started = context.Barrier(2)
    workers = [context.Process(target=measure, args=(tmp_path, f"calls{n}", started)) for n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    calls = [int((tmp_path / f"calls{n}").read_text()) for n in range(2)]
    found = load_sensitivities(tmp_path / "s.json")
    assert sum(map(len, found.values())) == 2 * 19 == sum(calls) - 1
    assert min(calls) > 0


def test_memory_does_not_grow_with_evaluations() -> None:
    net = Net()
    wide = net.conv(net.conv(net.x, 256, name="first"), 256, 3, name="second")
    sizes: list[int] = []

    def evaluate(session: Any) -> float:
        sizes.append(tracemalloc.get_traced_memory()[0])
        return 1.0

    tracemalloc.start()
    try:
        sensitivity(net.ended(net.conv(wide, 5)), evaluate, ratios=[n / 40 for n in range(1, 20)])
    finally:
        tracemalloc.stop()
    model = 256 * 256 * 9 * 4
    assert len(sizes) == 1 + 2 * 19 and max(sizes[3:]) - min(sizes[3:]) < 2 * model


def test_merging(tmp_path: Path, graph: Graph) -> None:
    sensitivity(graph, Judge(), ratios=[0.5], layers=["first"], store=tmp_path / "a.json")
    merged = merge_sensitive([tmp_path / "a.json", {"first": {0.1: 0.25}, "other": {0.3: 0.5}}])
    assert list(merged) == ["first", "other"] and list(merged["first"]) == [0.1, 0.5]
    (tmp_path / "b.json").write_text(json.dumps({"first": {"0.1": 0.75}}))
    assert merge_sensitive([merged, tmp_path / "b.json"])["first"][0.1] == 0.75


@pytest.mark.parametrize(("content", "words"), [
    ({"first": 0.5}, "it holds no losses"), ({"first": {"a": 0.5}}, "it holds no losses"),
    ({"first": {"1.5": 0.5}}, "the loss of layer 'first' at ratio 1.5 is 0.5"),
    ({"first": {"0.5": float("nan")}}, "at ratio 0.5 is nan"),
])  # fmt: skip
def test_files_of_something_else_are_refused(tmp_path: Path, content: Any, words: str) -> None:
    (tmp_path / "s.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=words):
        load_sensitivities(tmp_path / "s.json")
    with pytest.raises(FileError, match="cannot be read"):
        merge_sensitive([tmp_path / "absent.json"])


