# SPDX-License-Identifier: Apache-2.0
"""Masks choose the least weights by every pattern, rise on schedule, and stay through training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pruning_nets import Net

from lite.errors import InputError
from lite.ir import Graph

pytest.importorskip("torch", reason="PyTorch is not installed: nothing trains")
import torch

from lite.slim import (
    GMP,
    QAT,
    Masks,
    TrainConfig,
    prepare,
    sparse_by_layer,
    to_torch,
    total_sparse,
    train,
)


@pytest.fixture
def graph() -> Graph:
    """A 3 x 3 and a depthwise convolution, a 1 x 1 one and a matrix."""
    net = Net()
    deep = net.conv(net.norm(net.conv(net.x, 16, 3, name="wide")), 16, 3, groups=16, name="deep")
    return net.ended(net.dense(net.mean(net.op("relu", net.conv(deep, 12, name="point"))), 5, name="scores"))


BATCHES = [(np.random.default_rng(n).standard_normal((2, 3, 8, 8)).astype(np.float32), np.array([n, 1]))
           for n in range(4)]


def loss(net: Any, feeds: Any, labels: Any) -> Any:
    return torch.nn.functional.cross_entropy(net(**feeds), labels)


def weights(net: Any) -> dict[str, np.ndarray]:
    return {layer: np.array(array) for layer, array in
            ((node.output.name, node.inputs[1].array) for node in net.to_graph().nodes
             if node.op.name in ("conv2d", "fully_connected"))}


def test_the_least_weights_of_all_layers_go(graph: Graph) -> None:
    net = to_torch(graph)
    before = weights(net)
    masks = Masks(net, 0.6)
    after = weights(net)
    every = np.concatenate([array.ravel() for array in before.values()])
    limit = np.sort(np.abs(every))[round(0.6 * every.size)]
    for layer, array in before.items():
        assert np.array_equal(after[layer], np.where(np.abs(array) >= limit, array, 0))
    assert total_sparse(net) == pytest.approx(0.6, abs=1e-3)
    assert sparse_by_layer(net) == pytest.approx(masks.sparse_by_layer())


def test_a_local_ratio_holds_in_each_layer(graph: Graph) -> None:
    net = to_torch(graph)
    Masks(net, 0.5, local=True)
    assert list(sparse_by_layer(net).values()) == pytest.approx([0.5] * 4, abs=0.01)


def test_weights_below_a_threshold_go_also_later(graph: Graph) -> None:
    net = to_torch(graph)
    masks = Masks(net, threshold=0.3)
    assert min(np.abs(array[array != 0]).min() for array in weights(net).values()) >= 0.3
    with torch.no_grad():
        next(net.parameters()).mul_(1e-3)
    masks(1)
    assert sparse_by_layer(net)["wide"] == 1.0


def test_two_of_four_along_what_is_summed(graph: Graph) -> None:
    net = to_torch(graph)
    before = weights(net)
    Masks(net, n_of_m=(2, 4))
    after = weights(net)
    assert np.array_equal(after["wide"], before["wide"]) and np.array_equal(after["deep"], before["deep"])
    for layer, axis in (("point", 1), ("scores", 0)):
        rows = [np.moveaxis(array[layer], axis, -1).reshape(-1, 4) for array in (before, after)]
        kept = np.sort(np.abs(rows[0]), 1)[:, 2:]
        assert np.array_equal(np.sort(np.abs(rows[1]), 1), np.pad(kept, ((0, 0), (2, 0))))


def test_blocks_go_together(graph: Graph) -> None:
    net = to_torch(graph)
    Masks(net, 0.5, block=(4, 2), skip=["wide", "deep"])
    for array in (weights(net)["point"].reshape(12, 16), weights(net)["scores"].T):
        rows, columns = array.shape
        padded = np.pad(array, ((0, -rows % 4), (0, -columns % 2)))
        blocks = (padded != 0).reshape(padded.shape[0] // 4, 4, -1, 2).swapaxes(1, 2)
        inside = (np.pad(np.ones_like(array), ((0, -rows % 4), (0, -columns % 2))) != 0).reshape(
            padded.shape[0] // 4, 4, -1, 2).swapaxes(1, 2)
        for block, real in zip(blocks.reshape(-1, 8), inside.reshape(-1, 8)):
            assert len(set(block[real])) == 1
    assert sparse_by_layer(net)["wide"] == 0


def test_only_1x1_convolutions(graph: Graph) -> None:
    net = to_torch(graph)
    Masks(net, 0.75, only="conv1x1_only")
    assert sparse_by_layer(net) == {"wide": 0, "deep": 0, "point": 0.75, "scores": 0}


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_zeros_stay_through_a_training(graph: Graph, optimizer: str) -> None:
    net = to_torch(graph)
    masks = Masks(net, 0.5)
    before = weights(net)
    config = TrainConfig(epochs=3, learning_rate=0.01, optimizer=optimizer, weight_decay=0.01)
    train(net, BATCHES, loss, config, after_step=[masks])
    after = weights(net)
    for layer, array in before.items():
        assert np.all(after[layer][array == 0] == 0) and not np.array_equal(after[layer], array)


def test_the_schedule_is_cubic() -> None:
    schedule = GMP(stable_iterations=10, pruning_iterations=40, tunning_iterations=20, pruning_steps=4,
                   initial_ratio=0.2)
    ratios = [schedule.ratio(step, 0.8) for step in (0, 9, 10, 19, 20, 30, 40, 49, 50, 70)]
    cubic = [0.8 - 0.6 * (1 - k / 4) ** 3 for k in range(5)]
    assert ratios == pytest.approx([0, 0, *[cubic[0]] * 2, cubic[1], cubic[2], cubic[3], cubic[3], 0.8, 0.8])
    assert schedule.iterations == 70


def test_a_schedule_rises_through_a_training_and_goes_on(graph: Graph, tmp_path: Path) -> None:
    schedule = GMP(1, 6, 2, 3, 0.2)
    seen: list[float] = []

    def run(stop: int | None, checkpoint: Path) -> Any:
        net = to_torch(graph)
        masks = Masks(net, 0.8, schedule=schedule)

        def watch(step: int) -> None:
            seen.append(round(total_sparse(net), 2))
            if step == stop:
                raise KeyboardInterrupt

        config = TrainConfig(train_iter=schedule.iterations, learning_rate=0.01, checkpoint_iter=1)
        result = train(net, BATCHES, loss, config, after_step=[masks, watch], checkpoint=checkpoint,
                       evaluate=masks.when_done(lambda net: 1.0))
        return net, result

    net, result = run(None, tmp_path / "whole.pt")
    rises = [0.8 - 0.6 * (1 - k / 3) ** 3 for k in range(4)]
    expected = [rises[0]] * 2 + [rises[1]] * 2 + [rises[2]] * 2 + [rises[3]] * 3
    assert seen == pytest.approx(expected, abs=0.011)
    assert total_sparse(net) == pytest.approx(0.8, abs=1e-3) and result.best_metric == 1.0
    with pytest.raises(KeyboardInterrupt):
        run(4, tmp_path / "cut.pt")
    again, _ = run(None, tmp_path / "cut.pt")
    assert all(np.array_equal(array, weights(again)[layer]) for layer, array in weights(net).items())


def test_zeros_stay_zeros_on_integers(graph: Graph) -> None:
    """A module that trains with rounding is pruned as one of floats."""
    net = prepare(graph, [images for images, _ in BATCHES], QAT())
    masks = Masks(net, 0.5)
    train(net, BATCHES, loss, TrainConfig(epochs=1, learning_rate=1e-3), after_step=[masks])
    found = sparse_by_layer(net)
    assert total_sparse(net) >= 0.5
    assert all(found[layer] >= part for layer, part in masks.sparse_by_layer().items())


@pytest.mark.parametrize(("options", "words"), [
    ({}, "one of ratio, threshold and n_of_m"), ({"ratio": 0.5, "threshold": 0.1}, "one of ratio, threshold"),
    ({"ratio": 1.0}, "the ratio is 1.0"), ({"threshold": -1.0}, "the threshold is -1.0"),
    ({"n_of_m": (4, 4)}, r"n_of_m is \(4, 4\), expected two numbers, 0 < n < m"),
    ({"n_of_m": (2, 99)}, "no layer is left"), ({"ratio": 0.5, "block": (0, 1)}, r"block is \(0, 1\)"),
    ({"n_of_m": (2, 4), "block": (2, 1)}, "n_of_m and block exclude each other"),
    ({"ratio": 0.5, "skip": ["piont"]}, "did you mean 'point'"), ({"ratio": 0.5, "only": "1x1"}, "got '1x1'"),
    ({"threshold": 0.5, "schedule": GMP()}, "a schedule needs a ratio"),
])  # fmt: skip
def test_wrong_settings_are_refused(graph: Graph, options: dict[str, Any], words: str) -> None:
    net = to_torch(graph)
    before = total_sparse(net)
    with pytest.raises(InputError, match=words):
        Masks(net, **options)
    assert total_sparse(net) == before


@pytest.mark.parametrize(("options", "words"), [
    ({"pruning_steps": 0}, "pruning_steps is 0"), ({"initial_ratio": 1.5}, "initial_ratio is 1.5"),
    ({"pruning_iterations": 10}, "100 pruning_steps are more than 10"),
    ({"stable_iterations": 0.5}, "stable_iterations is 0.5"),
])  # fmt: skip
def test_wrong_schedules_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        GMP(**options)
