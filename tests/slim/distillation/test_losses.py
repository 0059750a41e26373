# SPDX-License-Identifier: Apache-2.0
"""Losses of nets: what is compared, through which layers, and what is refused before a step is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: pip install '.[slim]'")
import torch

from lite import slim
from lite.errors import InputError, LiteError, TrainingError
from lite.ir import Graph
from lite.slim import Distillation, DistillLoss, MutualLoss, Pair

Make = Callable[..., Graph]
IMAGES = torch.from_numpy(np.random.default_rng(3).standard_normal((5, 3, 8, 8)).astype(np.float32))


@pytest.fixture
def nets(make_classifier: Make) -> tuple[slim.GraphModule, slim.GraphModule]:
    """A student, and a teacher of the same shapes and names."""
    return tuple(slim.to_torch(make_classifier(6, seed=seed)) for seed in (0, 1))  # type: ignore[return-value]


def values(net: slim.GraphModule, name: str, images: torch.Tensor = IMAGES) -> np.ndarray:
    with torch.no_grad():
        return net.run({net.input_names[0]: images}, taps=[name])[name].numpy().astype(np.float64)


def loss_of(loss: DistillLoss, net: slim.GraphModule, labels: Any = None) -> float:
    return float(loss(net, {net.input_names[0]: IMAGES}, labels).detach())


def test_named_values_are_compared(nets: tuple) -> None:
    student, teacher = nets
    expected = 3 * np.mean((values(student, "features") - values(teacher, "norm")[:, :6].repeat(2, 1)) ** 2)
    repeated = Pair("features", "norm", lambda t, s: ((s - t.repeat_interleave(2, 1)) ** 2).mean(), 3)
    assert loss_of(DistillLoss(student, teacher, pairs=[repeated]), student) == pytest.approx(expected)
    plain = Distillation("l2_loss", alpha=2.0, node=["features"])
    expected = 2 * np.mean((values(student, "features") - values(teacher, "features")) ** 2)
    assert loss_of(DistillLoss(student, teacher, plain), student) == pytest.approx(expected)


def test_fsp_takes_two_values_of_each(nets: tuple) -> None:
    student, teacher = nets
    flows = [np.einsum("nahw,nbhw->nab", values(net, "active"), values(net, "features")) / 64 for net in nets]
    loss = DistillLoss(student, teacher, Distillation("fsp", node=["active", "features"]))
    assert loss_of(loss, student) == pytest.approx(np.mean((flows[0] - flows[1]) ** 2))


@pytest.mark.parametrize("name", ["scores", "answer"])
@pytest.mark.parametrize("loss", ["soft_label", "kl"])
def test_scores_are_those_before_the_softmax_over_a_temperature(nets: tuple, loss: str, name: str) -> None:
    student, teacher = nets
    t, s = (values(net, "scores") / 4 for net in (teacher, student))
    log_p, log_q = (each - np.log(np.exp(each).sum(1, keepdims=True)) for each in (t, s))
    expected = 16 * np.mean(np.sum(np.exp(log_p) * ((log_p if loss == "kl" else 0) - log_q), axis=1))
    settings = Distillation(loss, node=[name], temperature=4.0)
    assert loss_of(DistillLoss(student, teacher, settings), student) == pytest.approx(expected, rel=1e-5)


def test_labels_may_count_too(nets: tuple) -> None:
    student, teacher = nets
    labels = torch.tensor([0, 1, 2, 3, 0])
    scores = torch.from_numpy(values(student, "scores"))
    expected = loss_of(DistillLoss(student, teacher), student) + 0.5 * float(
        torch.nn.functional.cross_entropy(scores, labels))
    loss = DistillLoss(student, teacher, Distillation(labels=0.5))
    assert loss_of(loss, student, labels) == pytest.approx(expected)
    with pytest.raises(InputError, match="no labels"):
        loss_of(loss, student)


def test_a_teacher_may_lie_otherwise_and_be_wider(make_classifier: Make) -> None:
    """Its images have their channels last, and other names."""
    student = slim.to_torch(make_classifier(4))
    teacher = slim.to_torch(make_classifier(8, "big/", layout="nhwc", seed=1))
    turned = lambda feeds: {"big/image": feeds["image"].permute(0, 2, 3, 1)}  # noqa: E731
    pair = Pair("features", "big/features")
    loss = DistillLoss(student, teacher, pairs=[pair], teacher_feeds=turned)
    (weight, bias) = [parameter.detach().numpy().astype(np.float64) for parameter in loss.parameters()]
    assert weight.shape == (16, 8)
    ours = np.einsum("oc,nchw->nohw", weight, values(student, "features")) + bias[:, None, None]
    theirs = values(teacher, "big/features", IMAGES.permute(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    assert loss_of(loss, student) == pytest.approx(np.mean((ours - theirs) ** 2), rel=1e-5)
    with pytest.raises(InputError, match=r"does not fit.*\n.*adapt=True"):
        DistillLoss(student, teacher, Distillation(adapt=False), pairs=[pair], teacher_feeds=turned)


def test_layers_that_adapt_are_drawn_by_their_seed_alone(make_classifier: Make) -> None:
    student, teacher = slim.to_torch(make_classifier(4)), slim.to_torch(make_classifier(8))
    settings = [Distillation(node=["features"], seed=seed) for seed in (0, 0, 1)]
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = (next(DistillLoss(student, teacher, each).parameters()) for each in settings)
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_the_teacher_is_a_copy_that_stays(nets: tuple, batches: list) -> None:
    student, _ = nets
    loss = DistillLoss(student)  # what the student is now
    assert loss_of(loss, student) == 0
    before = {name: tensor.clone() for name, tensor in loss.teacher.state_dict().items()}
    slim.train(student, batches, slim.training.cross_entropy, slim.TrainConfig(learning_rate=0.1))
    assert all(torch.equal(before[name], tensor) for name, tensor in loss.teacher.state_dict().items())
    assert loss_of(loss, student) > 0
    assert not list(loss.parameters()) and not loss.state_dict()
    assert not any(parameter.requires_grad for parameter in loss.teacher.parameters())


def test_nodes_are_chosen_where_none_are_named(make_classifier: Make) -> None:
    student, teacher = slim.to_torch(make_classifier(4)), slim.to_torch(make_classifier(8, "big/"))
    loss = DistillLoss(student, teacher, Distillation(["l2", "kl"]))
    assert [(pair.student, pair.teacher) for pair in loss.pairs] == [("scores", "big/scores")] * 2


@pytest.mark.parametrize("pair, words", [
    (Pair("feature"), r"student 'net of 6': it has no value 'feature'\n.*did you mean 'features'"),
    (Pair("features", "secnd"), r"teacher 'net of 6': it has no value 'secnd'\n.*did you mean 'second'"),
    (Pair("qqq"), "its last values are .*'scores', 'answer'"),
    (Pair("features", "mean"), "does not fit.*\n.*same height and width"),
    (Pair("w1"), "no value 'w1'"),
])  # fmt: skip
def test_names_and_shapes_are_checked_beforehand(nets: tuple, pair: Pair, words: str) -> None:
    student, teacher = nets
    with pytest.raises(InputError, match=words):
        DistillLoss(student, teacher, pairs=[pair])


def test_other_classes_and_other_inputs_are_refused(nets: tuple, make_classifier: Make) -> None:
    student, _ = nets
    with pytest.raises(InputError, match=r"kl of 'scores'.*does not fit.*\n.*same classes"):
        DistillLoss(student, pairs=[Pair("scores", "mean", "kl")])
    for teacher in (make_classifier(6, layout="nhwc"), make_classifier(6, size=16)):
        with pytest.raises(InputError, match=r"it takes .*the student .*\n.*teacher_feeds"):
            DistillLoss(student, teacher)


def test_heads_that_do_not_match_must_be_named(make_classifier: Make) -> None:
    two = make_classifier(6)
    two.outputs.append(next(value for value in two.values() if value.name == "features"))
    with pytest.raises(InputError, match=r"\['scores'\], the teacher in \['second', 'scores'\]"):
        DistillLoss(slim.to_torch(make_classifier(6)), two)


def test_what_a_function_returns_must_be_a_number(nets: tuple) -> None:
    student, teacher = nets
    for function, words in ((lambda t, s: s, r"a tensor of \[5, 12, 8, 8\]"), (lambda t, s: 3, "returned 3")):
        with pytest.raises(InputError, match=words):
            loss_of(DistillLoss(student, teacher, pairs=[Pair("features", loss=function)]), student)


def test_functions_get_tuples_where_tuples_are_named(nets: tuple) -> None:
    student, teacher = nets

    def seen(t: Any, s: Any) -> torch.Tensor:
        assert isinstance(t, torch.Tensor) and not t.requires_grad and isinstance(s, tuple)
        return s[0].mean() + s[1].mean() + t.mean()

    pair = Pair(("active", "mean"), "scores", seen)
    expected = sum(values(net, name).mean() for net, name in
                   ((student, "active"), (student, "mean"), (teacher, "scores")))  # fmt: skip
    assert loss_of(DistillLoss(student, teacher, pairs=[pair]), student) == pytest.approx(expected, rel=1e-5)


def test_a_loss_that_is_no_number_says_whose(nets: tuple, batches: list) -> None:
    student, teacher = nets
    pair = Pair("features", loss=lambda t, s: ((s - s.detach().max() - 1).log() * t).sum())
    with pytest.raises(TrainingError, match=r"of 'features'.*it is nan"):
        slim.distill(student, teacher, batches, pairs=[pair])


def test_a_teacher_that_cannot_be_read_is_said(nets: tuple, tmp_path: Path) -> None:
    with pytest.raises(LiteError, match="nowhere"):
        DistillLoss(nets[0], tmp_path / "nowhere.onnx")
    with pytest.raises(LiteError, match="nowhere"):
        DistillLoss(nets[0], settings=Distillation(teacher_model_dir=str(tmp_path / "nowhere")))


def accuracy(net: slim.GraphModule, batches: list, name: str = "scores") -> float:
    hits = [np.argmax(values(net, name, torch.from_numpy(images)), 1) == labels for images, labels in batches]
    return float(np.mean(hits))


def test_a_student_learns_from_its_teacher_without_labels(make_classifier: Make, batches: list) -> None:
    teacher, student = slim.to_torch(make_classifier(16, "big/")), slim.to_torch(make_classifier(6, seed=4))
    config = slim.TrainConfig(epochs=6, learning_rate=0.02, optimizer="adam")
    slim.train(teacher, batches, slim.training.cross_entropy, config)
    unlabelled = [images for images, _ in batches]
    assert accuracy(teacher, batches, "big/scores") > 0.9
    before = accuracy(student, batches)
    result = slim.distill(student, teacher, unlabelled, Distillation("kl", temperature=2.0), config)
    assert np.mean(result.losses[-8:]) < np.mean(result.losses[:8]) / 3
    assert accuracy(student, batches) > max(0.8, before + 0.2)


def test_layers_that_adapt_are_trained_and_kept_in_checkpoints(
    make_classifier: Make, batches: list, tmp_path: Path,
) -> None:  # fmt: skip
    settings = Distillation(node=["features"])
    config = slim.TrainConfig(epochs=2, learning_rate=0.05)
    found = []
    for stops in (False, True):
        student, teacher = slim.to_torch(make_classifier(4)), slim.to_torch(make_classifier(8, seed=1))

        def stop(step: int, due: bool = stops) -> None:
            if due and step == 11:
                raise KeyboardInterrupt

        path = tmp_path / f"{stops}.pt"
        try:
            slim.distill(student, teacher, batches, settings, config, checkpoint=path, after_step=[stop])
        except KeyboardInterrupt:
            student = slim.to_torch(make_classifier(4))
            slim.distill(student, teacher, batches, settings, config, checkpoint=path)
        found.append(student.state_dict())
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])
    loss = DistillLoss(slim.to_torch(make_classifier(4)), teacher, settings)
    start = [parameter.detach().clone() for parameter in loss.parameters()]
    net = slim.to_torch(make_classifier(4))
    slim.train(net, batches, loss, config, parameters=[*net.parameters(), *loss.parameters()])
    assert not any(torch.equal(before, after) for before, after in zip(start, loss.parameters()))


def test_peers_learn_from_labels_and_from_each_other(nets: tuple) -> None:
    first, second = nets
    labels = np.array([0, 1, 2, 3, 0])
    loss = MutualLoss([second], weight=0.5, temperature=2.0)
    second.eval()
    q = [np.exp(scores) / np.exp(scores).sum(1, keepdims=True) for scores in
         (values(net, "scores") / 2 for net in nets)]  # fmt: skip
    p = [np.exp(scores) / np.exp(scores).sum(1, keepdims=True) for scores in
         (values(net, "scores") for net in nets)]  # fmt: skip
    own = sum(-np.mean(np.log(each[range(5), labels])) for each in p)
    learnt = sum(np.mean(np.sum(a * np.log(a / b), 1)) for a, b in (q, q[::-1]))
    found = loss(first, {"image": IMAGES}, torch.from_numpy(labels))
    assert float(found.detach()) == pytest.approx(own + 0.5 * 4 * learnt, rel=1e-5)


def test_peers_are_trained_together(make_classifier: Make, batches: list) -> None:
    nets = [slim.to_torch(make_classifier(6, seed=seed)) for seed in range(3)]
    loss = MutualLoss(nets[1:])
    parameters = [*nets[0].parameters(), *loss.parameters()]
    config = slim.TrainConfig(epochs=5, learning_rate=0.02, optimizer="adam")
    slim.train(nets[0], batches, loss, config, parameters=parameters)
    assert min(accuracy(net.eval(), batches) for net in nets) > 0.8
    with pytest.raises(InputError, match="no peers"):
        MutualLoss([])


def test_a_quantized_student_learns_from_floats(make_classifier: Make, batches: list) -> None:
    """Its images lie otherwise inside, and its layers read weights that are computed."""
    pytest.importorskip("lite._native")
    floats = make_classifier(6)
    images = [images for images, _ in batches]
    net = slim.prepare(floats, images[0], slim.QAT(recipe={".*": {"percentile": 0.8}}))
    loss = DistillLoss(net, floats, Distillation(node=["features", "scores"], alpha=[1.0, 2.0]))
    assert not list(loss.parameters())
    config = slim.TrainConfig(epochs=4, learning_rate=0.003, optimizer="adam")
    losses = slim.distill(net, floats, images, Distillation(["l2", "kl"]), config).losses
    assert np.mean(losses[-4:]) < np.mean(losses[:4]) / 1.5


def test_fsp_goes_through_layers_that_adapt(make_classifier: Make) -> None:
    student, teacher = slim.to_torch(make_classifier(4)), slim.to_torch(make_classifier(8, seed=1))
    loss = DistillLoss(student, teacher, Distillation("fsp", node=["active", "features"]))
    parameters = [parameter.detach().numpy().astype(np.float64) for parameter in loss.parameters()]
    first, second = (np.einsum("oc,nchw->nohw", weight, values(student, name)) + bias[:, None, None]
                     for name, weight, bias in zip(("active", "features"), parameters[::2], parameters[1::2]))
    ours = np.einsum("nahw,nbhw->nab", first, second) / 64
    theirs = np.einsum("nahw,nbhw->nab", values(teacher, "active"), values(teacher, "features")) / 64
    assert loss_of(loss, student) == pytest.approx(np.mean((ours - theirs) ** 2), rel=1e-4)


def test_relations_are_compared_between_any_shapes(make_classifier: Make) -> None:
    student, teacher = slim.to_torch(make_classifier(4)), slim.to_torch(make_classifier(8, "big/", seed=1))
    loss = DistillLoss(student, teacher, pairs=[Pair("features", "big/mean", "rkd")])
    assert not list(loss.parameters()) and loss_of(loss, student) > 0
