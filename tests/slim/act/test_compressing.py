# SPDX-License-Identifier: Apache-2.0
"""Compression from a model to a .nb: by itself, as asked for, again after an interruption; and refusals."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lite
from lite import slim
from lite.errors import CalibrationError, FileError, InputError
from lite.ir import Builder, Graph
from lite.nb import writer
from lite.nb.reader import read
from lite.ops.dequantize import Dequantize
from lite.ops.quantize import Quantize
from lite.quant import StaticPTQ
from lite.slim.act.judge import top1
from lite.slim.strategies import PTQ, Goal, Search, Train
from tests.slim.act.conftest import Digits


def digits_top1(digits: Digits) -> Any:
    return top1([{"image": image[None]} for image in digits.images[200:]], digits.labels[200:])


def test_digits_become_integers(digits: Digits, tmp_path: Path) -> None:
    out = tmp_path / "digits.nb"
    found = slim.compress(digits.model, out, train_data=digits.images[:200], evaluate=digits_top1(digits))
    assert found.is_reached and found.chosen == "ptq" and found.after.loss <= 0.01
    assert found.before.measured.accuracy == pytest.approx(0.9645, abs=0.01)
    assert out.stat().st_size == found.after.measured.size_bytes < 0.5 * found.before.measured.size_bytes
    assert digits_top1(digits)(lite.Model(out).session()) == found.after.measured.accuracy
    report = json.loads((tmp_path / "digits.act" / "report.json").read_text())
    assert [row["name"] for row in report["models"]] == ["float", "ptq"] and report["chosen"] == "ptq"
    assert "ptq" in (tmp_path / "digits.act" / "report.html").read_text()
    noise = {layer["name"]: layer["sqnr_db"] for layer in report["layers"]}
    assert 20 < noise["conv2d_2.tmp_0/conv2d"] < 60
    assert "goal    reached" in str(found) and json.dumps(found.to_dict())


def test_without_labels_answers_are_compared(digits: Digits, tmp_path: Path) -> None:
    found = slim.compress(digits.model, tmp_path / "d.nb", train_data=digits.images[:100])
    assert found.metric == "answers as float" and found.before.measured.accuracy == 1.0
    assert found.after.measured.accuracy >= 0.99


def test_without_data_weights_shrink(graph: Graph, tmp_path: Path) -> None:
    found = slim.compress(graph, tmp_path / "w.nb", [Goal(max_loss=0.2)])
    assert [tried.name for tried in found.tried] == ["float", "weights"] and found.chosen == "weights"


def test_the_same_is_found_other_settings_are_not(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    out = tmp_path / "a.nb"
    first = slim.compress(graph, out, [PTQ("KL")], train_data=images)
    data = out.read_bytes()
    again = slim.compress(graph, out, [PTQ("KL")], train_data=images)
    other = slim.compress(graph, out, [PTQ("mse")], train_data=images)
    assert not any(tried.was_done for tried in first.tried) and all(tried.was_done for tried in again.tried)
    assert [tried.was_done for tried in other.tried] == [True, False]
    slim.compress(graph, tmp_path / "b.nb", [PTQ("KL")], train_data=images)
    assert (tmp_path / "b.nb").read_bytes() == data


def test_ptq_is_as_asked_for(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    wanted = PTQ("min_max", bias_correction=False, batch_size=4, batch_nums=3)
    slim.compress(graph, tmp_path / "a.nb", [wanted], train_data=images)
    samples = [images[row * 40 // 12][None] for row in range(12)]
    settings = StaticPTQ(samples, algo="minmax", bias_correction=False)
    assert (tmp_path / "a.nb").read_bytes() == lite.convert_to_bytes(graph, quantize=settings)[0]


class Interrupted:
    """A score that an interruption hits after some calls."""

    def __init__(self, calls: int) -> None:
        self.left, self.count = calls, 0

    def __call__(self, session: Any) -> float:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left, self.count = self.left - 1, self.count + 1
        return float(session.run({"image": np.ones((1, 3, 8, 8), np.float32)})["answer"].max())


def test_a_search_goes_on_where_it_was_interrupted(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="the search is optuna's")
    arguments: dict[str, Any] = {"config": [Search(max_quant_count=8, batch_num=(1, 3)), Goal(batch_size=8)],
                                 "train_data": images}
    with pytest.raises(KeyboardInterrupt):
        slim.compress(graph, tmp_path / "a.nb", evaluate=Interrupted(5), **arguments)
    assert not (tmp_path / "a.nb").exists()
    rest = Interrupted(99)
    found = slim.compress(graph, tmp_path / "a.nb", evaluate=rest, **arguments)
    whole = Interrupted(99)
    expected = slim.compress(graph, tmp_path / "b.nb", evaluate=whole, **arguments)
    assert rest.count < whole.count and found.chosen == "search"
    assert (tmp_path / "a.nb").read_bytes() == (tmp_path / "b.nb").read_bytes()
    assert [tried.measured.accuracy for tried in found.tried] == [
        tried.measured.accuracy for tried in expected.tried]


def test_a_search_stops_at_what_suffices(digits: Digits, tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="the search is optuna's")
    found = slim.compress(digits.model, tmp_path / "d.nb", [Goal(max_loss=0)], train_data=digits.images[:60],
                          evaluate=digits_top1(digits))
    assert found.is_reached and found.after.loss <= 0


def test_what_cannot_be_reached_is_said(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    found = slim.compress(graph, tmp_path / "a.nb", [Train(target_metric=2.0, epochs=1), Goal(prune=False)],
                          train_data=images[:8])
    assert not found.is_reached and "NOT reached" in str(found) and (tmp_path / "a.nb").exists()
    assert any("nothing reaches the goal" in note for note in found.notes)


def test_a_dry_run_writes_nothing(graph: Graph, images: np.ndarray, tmp_path: Path,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = slim.compress(graph, "a.nb", train_data=images, dry_run=True)
    assert found.path == "" and not list(tmp_path.iterdir()) and "nothing is written" in str(found)
    assert {"float", "ptq", "weights"} <= {tried.name for tried in found.tried}  # though ptq suffices


def test_a_full_disk_loses_nothing(graph: Graph, images: np.ndarray, tmp_path: Path,
                                   monkeypatch: pytest.MonkeyPatch) -> None:
    out, count = tmp_path / "a.nb", 0
    out.write_bytes(b"older")
    real = writer.os.replace

    def full(source: Any, target: Any) -> None:
        nonlocal count
        count += 1
        if count > 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(source, target)

    monkeypatch.setattr(writer.os, "replace", full)
    with pytest.raises(FileError, match="No space left"):
        slim.compress(graph, out, [PTQ()], train_data=images)
    assert out.read_bytes() == b"older"
    monkeypatch.setattr(writer.os, "replace", real)
    found = slim.compress(graph, out, [PTQ()], train_data=images)
    assert found.before.was_done and not found.after.was_done


@pytest.mark.parametrize(("arguments", "error", "words"), [
    ({"config": [PTQ()]}, InputError, "need data"),
    ({"train_data": "data", "evaluate": lambda session: float("nan")}, CalibrationError, "returned nan"),
    ({"train_data": "data", "evaluate": lambda session: 1 / 0}, CalibrationError, "raised ZeroDivisionError"),
    ({"train_data": {"x": np.zeros((2, 3, 8, 8))}}, CalibrationError, r"expected \['image'\]"),
    ({"config": "none.yaml"}, InputError, "cannot be read"),
    ({"out": None}, InputError, "nothing says where"),
    ({"model": None}, InputError, "nothing says which model"),
])  # fmt: skip
def test_refusals(graph: Graph, images: np.ndarray, tmp_path: Path, arguments: dict[str, Any], error: type,
                  words: str) -> None:
    given = {"model": graph, "out": tmp_path / "a.nb", **arguments}
    if given.get("train_data") == "data":
        given["train_data"] = images
    with pytest.raises(error, match=words):
        slim.compress(**given)
    assert not (tmp_path / "a.nb").exists()


def test_a_quantized_model_is_refused(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    build = Builder(graph)
    scale = build.constant(0.1, np.float32)
    graph.outputs = [build.add(Dequantize(), build.add(Quantize(), graph.outputs[0], scale), scale)]
    with pytest.raises(InputError, match="quantized already"):
        slim.compress(graph, tmp_path / "a.nb", train_data=images)


def test_a_search_keeps_what_ptq_says(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="the search is optuna's")
    wanted = [PTQ(exclude=("conv",)), Search(max_quant_count=2, batch_num=(1, 1)), Train(train_iter=9)]
    found = slim.compress(graph, tmp_path / "a.nb", wanted, train_data=images)
    assert found.chosen == "search" and "conv2d" in {node.op.name for node in read(tmp_path / "a.nb").nodes}
    assert any("TrainConfig has no effect" in note for note in found.notes)


def test_explanations(graph: Graph, images: np.ndarray) -> None:
    text = slim.explain(graph, [Goal(target_speedup=2.0)], train_data=images)
    assert "40 samples of train_data, without labels" in text and "2 times as fast" in text
    assert "  1. float" in text and "  2. ptq" in text and "  3. search" in text
    assert "best of 3 settings" in slim.explain(graph, [Search(max_quant_count=3)], train_data=images)


def test_origin_metric_is_compared(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    found = slim.compress(graph, tmp_path / "a.nb", [PTQ(), Train(origin_metric=0.7)], train_data=images)
    assert any("origin_metric says 0.7" in note for note in found.notes)
