# SPDX-License-Identifier: Apache-2.0
"""Stages that train: integers and floats, from a teacher, without post-processing, after an interruption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lite
from lite import slim
from lite.errors import InputError
from lite.ir import Graph
from lite.nb.reader import read
from lite.slim.strategies import Goal, PruneChannels, PruneNofM, PruneWeights, Search, Train
from tests.slim.act.conftest import Digits
from tests.slim.act.test_cutting import detector

pytest.importorskip("torch", reason="training is PyTorch's")


def ops(path: Path) -> set[str]:
    return {node.op.name for node in read(path).nodes}


def test_training_with_rounding(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    found = slim.compress(graph, tmp_path / "a.nb", [slim.QAT(), Train(train_iter=6), Goal(max_loss=0.5)],
                          train_data=images)
    assert [tried.name for tried in found.tried] == ["float", "qat"] and found.is_reached
    assert "6 steps" in found.after.text and "q_conv2d" in ops(tmp_path / "a.nb")
    assert not list((tmp_path / "a.act").glob("*/checkpoint*"))


def test_channels_go_and_training_makes_up_for_them(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    wanted = [slim.QAT(), PruneChannels(0.5), Train(train_iter=3)]
    found = slim.compress(graph, tmp_path / "a.nb", wanted, train_data=images)
    assert [tried.name for tried in found.tried] == ["float", "prune", "qat"] and found.chosen == "qat"
    kept = read(tmp_path / "a.nb")
    (conv,) = (node for node in kept.nodes if node.op.name == "q_conv2d")
    assert conv.inputs[1] is not None and conv.inputs[1].type.shape[0] == 8
    assert "% of the multiply-adds left; 3 steps" in found.tried[1].text


def test_layers_are_pruned_by_name(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    wanted = [PruneChannels(0.25, ("conv.weight",)), Train(train_iter=1)]
    found = slim.compress(graph, tmp_path / "a.nb", wanted, train_data=images)
    assert found.chosen == "prune"
    with pytest.raises(InputError, match="no such layer"):
        slim.compress(graph, tmp_path / "b.nb", [PruneChannels(0.25, ("conv9",))], train_data=images)


@pytest.mark.parametrize(("strategy", "zeros"), [
    (PruneWeights(ratio=0.5), 0.5), (PruneWeights("gmp", ratio=0.75, local=True), 0.75),
    (PruneWeights(mode="threshold", threshold=0.2), None), (PruneNofM(2, 4, ("last.weight",)), None),
])  # fmt: skip
def test_weights_stay_zero_to_the_integers(graph: Graph, images: np.ndarray, tmp_path: Path, strategy: Any,
                                           zeros: float | None) -> None:
    wanted = [strategy, slim.QAT(), Train(train_iter=4), Goal(batch_size=8)]
    found = slim.compress(graph, tmp_path / "a.nb", wanted, train_data=images)
    assert [tried.name for tried in found.tried] == ["float", "sparse", "qat"]
    weights = [node.inputs[1].array for node in read(tmp_path / "a.nb").nodes
               if node.op.name in ("q_conv2d", "q_fully_connected")]
    part = sum(int((array == 0).sum()) for array in weights) / sum(array.size for array in weights)
    if zeros is not None:
        assert part >= zeros - 0.01
    elif isinstance(strategy, PruneNofM):
        assert (weights[-1].reshape(4, 4, 5) == 0).sum(1).min() >= 2
    else:
        assert part > 0.1


def test_a_schedule_that_is_too_long(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    wanted = [PruneWeights("gmp", gmp={"pruning_iterations": 50, "pruning_steps": 5}), Train(train_iter=4)]
    with pytest.raises(InputError, match="reaches its ratio after 50 steps, and the training has 4"):
        slim.compress(graph, tmp_path / "a.nb", wanted, train_data=images)


def test_what_cannot_be_fast_enough(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    found = slim.compress(graph, tmp_path / "a.nb", [Goal(target_latency_ms=1e-6)], train_data=images[:4])
    assert [tried.name for tried in found.tried] == ["float", "ptq"] and not found.is_reached
    assert any("tried to 60% of the channels" in note for note in found.notes)
    first = (tmp_path / "a.act" / "times.json").read_bytes()
    slim.compress(graph, tmp_path / "a.nb", [Goal(target_latency_ms=1e-6)], train_data=images[:4])
    assert (tmp_path / "a.act" / "times.json").read_bytes() == first


def test_labels_are_learned_where_they_have_weight(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    batches = [(images[start : start + 8], np.full(8, 3)) for start in range(0, 40, 8)]

    def threes(session: Any) -> float:
        return float(np.mean([session.run({"image": image[None]})["answer"][0, 3] for image in images]))

    wanted = [slim.Distillation(loss="kl", alpha=0.01, labels=1.0), Train(train_iter=30, learning_rate=0.01)]
    found = slim.compress(graph, tmp_path / "a.nb", wanted, train_data=batches, evaluate=threes)
    assert found.chosen == "distill" and found.after.loss < -0.2
    assert "conv2d" in ops(tmp_path / "a.nb")


def test_a_student_learns_before_it_is_quantized(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    found = slim.compress(graph, tmp_path / "a.nb", [slim.Distillation(), slim.strategies.PTQ(),
                                                     Train(train_iter=2)], train_data=images)
    assert [tried.name for tried in found.tried] == ["float", "distill", "ptq"] and found.chosen == "ptq"


class Interrupted:
    """The size of an answer; an interruption hits after some calls."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def __call__(self, session: Any) -> float:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return float(session.run({"image": np.ones((1, 3, 8, 8), np.float32)})["answer"].std())


def test_a_training_goes_on_where_it_was(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"config": [slim.QAT(), Train(train_iter=8, eval_iter=2), Goal(batch_size=8)],
                                 "train_data": images}
    with pytest.raises(KeyboardInterrupt):
        slim.compress(graph, tmp_path / "a.nb", evaluate=Interrupted(4), **arguments)
    assert list((tmp_path / "a.act").glob("qat-*.partial/checkpoint.pt"))
    slim.compress(graph, tmp_path / "a.nb", evaluate=Interrupted(99), **arguments)
    slim.compress(graph, tmp_path / "b.nb", evaluate=Interrupted(99), **arguments)
    assert (tmp_path / "a.nb").read_bytes() == (tmp_path / "b.nb").read_bytes()


def test_a_detector_keeps_its_nms(tmp_path: Path) -> None:
    random = np.random.RandomState(4)
    pictures = random.standard_normal((6, 1, 3, 4, 4)).astype(np.float32)
    data = [{"image": picture, "scale": np.ones(1, np.float32)} for picture in pictures]
    found = slim.compress(detector(), tmp_path / "a.nb", [slim.QAT(), Train(train_iter=2), Goal(max_loss=1)],
                          train_data=data)
    assert {"q_conv2d", "non_max_suppression"} <= ops(tmp_path / "a.nb") and found.chosen == "qat"
    assert [info.name for info in lite.Model(tmp_path / "a.nb").outputs] == ["chosen", "scaled"]


def test_by_itself_it_comes_to_training(graph: Graph, images: np.ndarray, tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="the search is optuna's")
    goal = [Train(train_iter=2, target_metric=2.0)]
    found = slim.compress(graph, tmp_path / "a.nb", goal, train_data=images[:8])
    assert [tried.name for tried in found.tried] == ["float", "ptq", "search", "qat", "weights"]
    assert not found.is_reached and found.chosen == "float"


@pytest.mark.slow
def test_training_mends_coarse_integers(digits: Digits, tmp_path: Path) -> None:
    """Ranges that cut too much lose answers, and training brings back most of them."""
    from tests.slim.act.test_compressing import digits_top1

    images = digits.images[:200]
    coarse = Search(("hist",), (False,), (0.9, 0.9), (1, 1), 1)
    judged: dict[str, Any] = {"train_data": images, "evaluate": digits_top1(digits)}
    bad = slim.compress(digits.model, tmp_path / "a.nb", [coarse], **judged)
    good = slim.compress(digits.model, tmp_path / "b.nb", [slim.QAT(), Train(train_iter=60)], **judged)
    assert good.after.loss < bad.after.loss and good.after.loss < 0.02
