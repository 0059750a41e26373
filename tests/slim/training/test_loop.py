# SPDX-License-Identifier: Apache-2.0
"""Training learns, goes on after an interruption with the same numbers, and says what it cannot do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lite.errors import FileError, InputError, TrainingError
from lite.ir import Graph
from lite.nb import writer

pytest.importorskip("torch", reason="PyTorch is not installed: nothing trains")
import torch

from lite.slim import TrainConfig, to_torch, train
from lite.slim.training import cross_entropy


class Shuffled:
    """Batches in an order, and with noise, that numpy's and PyTorch's generators draw."""

    def __init__(self, batches: list[Any], stop_after: int | None = None) -> None:
        self.batches, self.left = batches, stop_after

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        for row in np.random.permutation(len(self.batches)):
            if self.left == 0:
                raise KeyboardInterrupt
            self.left = None if self.left is None else self.left - 1
            images, labels = self.batches[row]
            yield torch.from_numpy(images) + 0.1 * torch.rand(images.shape), labels


def noisy(net: Any, feeds: Any, labels: Any) -> Any:
    return cross_entropy(net, {name: x + 0.05 * torch.randn(x.shape) for name, x in feeds.items()}, labels)


def accuracy(batches: list[Any]) -> Any:
    def evaluate(net: Any) -> float:
        assert not net.training
        right = [net(torch.from_numpy(images)).argmax(1).numpy() == labels for images, labels in batches]
        return float(np.mean(right))

    return evaluate


def weights(net: Any) -> dict[str, np.ndarray]:
    return {name: tensor.numpy().copy() for name, tensor in net.state_dict().items()}


def same(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("schedule", ["cosine", "constant", "step"])
def test_it_learns(classifier: Graph, batches: list[Any], optimizer: str, schedule: str) -> None:
    net = to_torch(classifier)
    config = TrainConfig(epochs=20, learning_rate=0.05, optimizer=optimizer, schedule=schedule, warmup_iter=5)
    result = train(net, batches, cross_entropy, config, evaluate=accuracy(batches))
    assert result.steps == len(result.losses) == 120
    assert np.mean(result.losses[-6:]) < 0.5 * np.mean(result.losses[:6])
    assert result.best_metric is not None and result.best_metric > 0.9
    assert not net.training


def test_the_best_weights_are_put_back(classifier: Graph, batches: list[Any]) -> None:
    net = to_torch(classifier)
    before, asked = weights(net), iter((3.0, 1.0, 2.0, 0.0))
    result = train(net, batches, cross_entropy, TrainConfig(epochs=3), evaluate=lambda net: next(asked))
    assert (result.best_metric, result.best_step) == (3.0, 0)
    assert same(before, weights(net))


@pytest.mark.parametrize("stop_after", [1, 6, 8, 17])
def test_an_interrupted_run_ends_with_the_same_numbers(classifier: Graph, batches: list[Any], tmp_path: Path,
                                                       stop_after: int) -> None:
    """Also in an epoch, at its end, and with best weights from before the interruption."""
    config = TrainConfig(epochs=3, learning_rate=0.05, optimizer="adam", eval_iter=4, checkpoint_iter=1)
    whole, parts, path = to_torch(classifier), to_torch(classifier), tmp_path / "run.pt"
    expected = train(whole, Shuffled(batches), noisy, config, evaluate=accuracy(batches))
    with pytest.raises(KeyboardInterrupt):
        train(parts, Shuffled(batches, stop_after), noisy, config, evaluate=accuracy(batches),
              checkpoint=path)
    parts = to_torch(classifier)
    found = train(parts, Shuffled(batches), noisy, config, evaluate=accuracy(batches), checkpoint=path)
    assert found.losses == expected.losses
    assert (found.best_metric, found.best_step) == (expected.best_metric, expected.best_step)
    assert same(weights(parts), weights(whole))
    again = train(to_torch(classifier), Shuffled(batches, 0), noisy, config, evaluate=accuracy(batches),
                  checkpoint=path)
    assert again.losses == expected.losses  # nothing was left to do


def test_hooks_with_state_are_kept(classifier: Graph, batches: list[Any], tmp_path: Path) -> None:
    class Counted:
        seen = 0

        def __call__(self, step: int) -> None:
            self.seen += 1

        def state_dict(self) -> dict[str, int]:
            return {"seen": self.seen}

        def load_state_dict(self, state: dict[str, int]) -> None:
            self.seen = state["seen"]

    config = TrainConfig(epochs=2, checkpoint_iter=1)
    with pytest.raises(KeyboardInterrupt):
        train(to_torch(classifier), Shuffled(batches, 4), cross_entropy, config, after_step=[Counted()],
              checkpoint=tmp_path / "run.pt")
    hook = Counted()
    train(to_torch(classifier), Shuffled(batches), cross_entropy, config, after_step=[hook],
          checkpoint=tmp_path / "run.pt")
    assert hook.seen == 12


def test_a_checkpoint_of_another_run_is_refused(classifier: Graph, batches: list[Any],
                                                tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    train(to_torch(classifier), batches, cross_entropy, checkpoint=path)
    with pytest.raises(InputError, match=r"learning_rate was 0\.001, now it is 0\.1"):
        train(to_torch(classifier), batches, cross_entropy, TrainConfig(learning_rate=0.1), checkpoint=path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"cannot be read as a checkpoint[\s\S]*delete it"):
        train(to_torch(classifier), batches, cross_entropy, checkpoint=path)
    torch.save({"weights": torch.zeros(3)}, path)
    with pytest.raises(InputError, match="it is no checkpoint"):
        train(to_torch(classifier), batches, cross_entropy, checkpoint=path)


def test_a_full_disk_leaves_the_checkpoint_before(classifier: Graph, batches: list[Any], tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.pt"
    train(to_torch(classifier), batches, cross_entropy, checkpoint=path)
    kept, real = path.read_bytes(), os.fdopen

    def full(descriptor: int, mode: str) -> Any:
        real(descriptor, mode).close()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(writer.os, "fdopen", full)
    with pytest.raises(FileError, match=r"No space left on device[\s\S]*has room"):
        train(to_torch(classifier), batches, cross_entropy, checkpoint=path)
    assert path.read_bytes() == kept
    assert os.listdir(tmp_path) == ["run.pt"]


def test_a_diverging_loss_is_told(classifier: Graph, batches: list[Any]) -> None:
    config = TrainConfig(epochs=50, learning_rate=1e30)
    with pytest.raises(TrainingError, match=r"step \d+: the loss is (nan|inf)[\s\S]*lower learning_rate"):
        train(to_torch(classifier), batches, cross_entropy, config)
    with pytest.raises(TrainingError, match="evaluate returned NaN"):
        train(to_torch(classifier), batches, cross_entropy, evaluate=lambda net: float("nan"))


def test_weights_that_diverge_in_the_last_step_are_told(classifier: Graph, batches: list[Any]) -> None:
    net = to_torch(classifier)

    def cursed(step: int) -> None:
        with torch.no_grad():
            next(net.parameters()).fill_(float("inf"))

    with pytest.raises(TrainingError, match="holds NaN or infinity"):
        train(net, batches, cross_entropy, TrainConfig(train_iter=1), after_step=[cursed])


def test_losses_that_teach_nothing_are_refused(classifier: Graph, batches: list[Any]) -> None:
    net = to_torch(classifier)
    with pytest.raises(TrainingError, match="nothing that is trained"):
        train(net, batches, lambda net, feeds, labels: torch.zeros(()))
    with pytest.raises(InputError, match=r"shape \[16, 3\], expected a tensor of one number"):
        train(net, batches, lambda net, feeds, labels: net(**feeds))
    with pytest.raises(InputError, match="there is nothing to train"):
        train(net, batches, cross_entropy, parameters=[])


def test_only_chosen_parameters_change(classifier: Graph, batches: list[Any]) -> None:
    net = to_torch(classifier)
    before = {name: tensor.detach().clone() for name, tensor in net.named_parameters()}
    train(net, batches, cross_entropy, TrainConfig(learning_rate=0.1),
          parameters=[{"params": [net.weights.get_parameter("head/weight")], "lr": 0.5}])
    changed = {name for name, tensor in net.named_parameters() if not torch.equal(tensor, before[name])}
    assert changed == {"weights.head/weight"}


@pytest.mark.parametrize(("batch", "message"), [
    (np.zeros((4, 3, 8, 8), np.float32), r"batch 0 of epoch 0, input 'image': got shape \[4, 3, 8, 8\]"),
    (np.zeros((1, 8, 8), np.float32), "input 'image': got f32"),
    ({"picture": np.zeros((4, 1, 8, 8))}, r"it has \['picture'\], expected \['image'\]"),
    (np.full((4, 1, 8, 8), np.nan), "it holds NaN or infinity"),
    (np.full((4, 1, 8, 8), "a"), "expected numbers"),
    ((np.zeros((4, 1, 8, 8)), np.zeros(4), np.zeros(4)), "3 things in a row"),
    ((np.zeros((4, 1, 8, 8)), np.zeros(3, np.int64)), r"labels of shape \[3\] for scores of \[4, 3\]"),
    ((np.zeros((4, 1, 8, 8)), np.full(4, 7)), "labels are 7 to 7, expected 0 to 2"),
    (np.zeros((4, 1, 8, 8)), "there are no labels"),
])
def test_wrong_batches_are_refused_in_words(classifier: Graph, batch: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        train(to_torch(classifier), [batch], cross_entropy)


def test_data_that_ends(classifier: Graph, batches: list[Any]) -> None:
    net, constant = to_torch(classifier), TrainConfig(schedule="constant")
    assert train(net, iter(batches), cross_entropy, constant).steps == 6
    with pytest.raises(InputError, match=r"empty after 6 steps, and 7 are to be done[\s\S]*give a list"):
        train(net, iter(batches), cross_entropy, TrainConfig(train_iter=7))
    with pytest.raises(InputError, match=r"length is not known[\s\S]*train_iter"):
        train(net, iter(batches), cross_entropy)
    with pytest.raises(InputError, match="it is empty"):
        train(net, [], cross_entropy, constant)
    with pytest.raises(InputError, match="got a dict, expected batches one after another"):
        train(net, {"image": np.zeros((4, 1, 8, 8))}, cross_entropy)


@pytest.mark.parametrize(("settings", "message"), [
    ({"epochs": 0}, "epochs is 0, expected a whole number of 1 or more"),
    ({"train_iter": 2.5}, "train_iter is 2.5"),
    ({"learning_rate": 0}, "learning_rate is 0, expected a number above 0"),
    ({"weight_decay": float("nan")}, "weight_decay is nan"),
    ({"optimizer": "lamb"}, "optimizer is 'lamb', expected one of sgd, adam, adamw"),
    ({"schedule": "linear"}, "schedule is 'linear'"),
])
def test_wrong_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TrainConfig(**settings)
