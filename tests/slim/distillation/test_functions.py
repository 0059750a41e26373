# SPDX-License-Identifier: Apache-2.0
"""Losses against their formulas, written down once more in numpy, loop by loop."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: pip install '.[slim]'")
import torch

from lite.errors import InputError
from lite.slim.distillation import functions
from lite.slim.distillation.settings import LOSSES, ON_SCORES

SCORES = np.random.default_rng(0).standard_normal((2, 5, 7)) * 3  # teacher and student, 5 samples, 7 classes
LABELS = np.array([0, 3, 6, 6, 2])
FEATURES = np.random.default_rng(1).standard_normal((2, 4, 3, 5, 6))  # both, n, channels, height, width


def softmax(scores: np.ndarray) -> np.ndarray:
    shifted = np.exp(scores - scores.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.mean(np.sum(p * np.log(p / q), axis=1)))


def found(name: str, teacher: np.ndarray, student: np.ndarray, **options: object) -> float:
    return float(functions.FUNCTIONS[name](torch.from_numpy(teacher), torch.from_numpy(student), **options))


def test_every_loss_that_settings_know_has_a_function() -> None:
    assert set(functions.FUNCTIONS) == set(LOSSES) >= ON_SCORES


@pytest.mark.parametrize("teacher, student", [SCORES, FEATURES])
def test_distances(teacher: np.ndarray, student: np.ndarray) -> None:
    apart = np.abs(teacher - student)
    assert found("l2", teacher, student) == pytest.approx(np.mean(apart**2))
    assert found("l1", teacher, student) == pytest.approx(np.mean(apart))
    assert found("smooth_l1", teacher, student) == pytest.approx(
        np.mean(np.where(apart < 1, apart**2 / 2, apart - 0.5)))


@pytest.mark.parametrize("of_teacher, of_student", [(1.0, 1.0), (4.0, 4.0), (2.0, 0.5)])
def test_soft_label_is_the_cross_entropy_of_softened_scores(of_teacher: float, of_student: float) -> None:
    p, q = softmax(SCORES[0] / of_teacher), softmax(SCORES[1] / of_student)
    expected = -np.mean([sum(p[n, c] * np.log(q[n, c]) for c in range(7)) for n in range(5)])
    assert found("soft_label", *SCORES, teacher_temperature=of_teacher,
                 student_temperature=of_student) == pytest.approx(expected)


def test_soft_label_of_one_certain_teacher_is_the_cross_entropy_with_labels() -> None:
    certain = np.where(np.arange(7) == LABELS[:, None], 1000.0, 0.0)
    expected = torch.nn.functional.cross_entropy(torch.from_numpy(SCORES[1]), torch.from_numpy(LABELS))
    assert found("soft_label", certain, SCORES[1]) == pytest.approx(float(expected))


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_kl(temperature: float) -> None:
    expected = divergence(*(softmax(scores / temperature) for scores in SCORES))
    assert found("kl", *SCORES, temperature=temperature) == pytest.approx(expected)
    assert found("kl", SCORES[0], SCORES[0]) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("labels", [LABELS, None])
@pytest.mark.parametrize("temperature, alpha, beta", [(1.0, 1.0, 1.0), (4.0, 1.0, 8.0), (2.0, 0.0, 3.0)])
def test_dkd_has_two_parts(labels: np.ndarray | None, temperature: float, alpha: float, beta: float) -> None:
    right = SCORES[0].argmax(1) if labels is None else labels
    p, q = (softmax(scores / temperature) for scores in SCORES)
    binary = [np.stack([each[range(5), right], 1 - each[range(5), right]], 1) for each in (p, q)]
    wrong = [np.array([np.delete(row, place) for row, place in zip(scores, right)]) for scores in SCORES]
    among = divergence(*(softmax(scores / temperature) for scores in wrong))
    expected = temperature**2 * (alpha * divergence(*binary) + beta * among)
    given = None if labels is None else torch.from_numpy(labels)
    assert found("dkd", *SCORES, labels=given, temperature=temperature, alpha=alpha,
                 beta=beta) == pytest.approx(expected)


def test_the_parts_of_dkd_make_kl() -> None:
    """KL = the binary part + the teacher's doubt times the part among the wrong classes, per sample."""
    for row in range(5):
        one = SCORES[:, row:row + 1]
        doubt = 1 - softmax(one[0])[0, LABELS[row]]
        decoupled = found("dkd", *one, labels=torch.from_numpy(LABELS[row:row + 1]), alpha=1.0, beta=doubt)
        assert decoupled == pytest.approx(found("kl", *one))


@pytest.mark.parametrize("multiplier", [None, 2.5])
def test_skd_looks_at_directions_alone(multiplier: float | None) -> None:
    size = SCORES[0].std(1).mean() if multiplier is None else multiplier
    t, s = (size * (scores - scores.mean(1, keepdims=True)) / np.sqrt(scores.var(1, keepdims=True) + 1e-5)
            for scores in SCORES)
    expected = -np.mean(np.sum(softmax(t) * np.log(softmax(s)), axis=1))
    assert found("skd", *SCORES, multiplier=multiplier) == pytest.approx(expected)
    assert found("skd", SCORES[0], 7 * SCORES[1] - 3, multiplier=2.5) == pytest.approx(
        found("skd", SCORES[0], SCORES[1], multiplier=2.5), rel=1e-5)


def test_fsp_compares_how_channels_go_together() -> None:
    def flow(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        n, before, height, width = first.shape
        result = np.zeros((n, before, second.shape[1]))
        for y in range(height):
            for x in range(width):
                result += first[:, :, None, y, x] * second[:, None, :, y, x] / (height * width)
        return result

    teacher = FEATURES[0], FEATURES[1][:, :2]
    student = FEATURES[1], FEATURES[0][:, 1:]
    expected = np.mean((flow(*teacher) - flow(*student)) ** 2)
    sides = [tuple(map(torch.from_numpy, side)) for side in (teacher, student)]
    assert float(functions.fsp(*sides)) == pytest.approx(expected)
    with pytest.raises(InputError, match="no flow"):
        functions.fsp((sides[0][0], sides[0][1][:, :, :2]), sides[1])


def test_rkd_compares_distances_and_angles() -> None:
    def relations(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        n = len(rows)
        apart = np.array([[np.linalg.norm(rows[i] - rows[j]) for j in range(n)] for i in range(n)])
        angles = np.zeros((n, n, n))
        for i in range(n):
            for j in range(n):
                for k in range(n):
                    if i != j and i != k:
                        both = (rows[j] - rows[i]) @ (rows[k] - rows[i])
                        angles[i, j, k] = both / (apart[i, j] * apart[i, k])
        return apart / apart[apart > 0].mean(), angles

    def huber(t: np.ndarray, s: np.ndarray) -> float:
        apart = np.abs(t - s)
        return float(np.mean(np.where(apart < 1, apart**2 / 2, apart - 0.5)))

    (of_teacher, angles), (of_student, others) = map(relations, SCORES)
    expected = huber(of_teacher, of_student) + 2 * huber(angles, others)
    assert found("rkd", *SCORES) == pytest.approx(expected)


@pytest.mark.parametrize("name", sorted(set(functions.FUNCTIONS) - {"fsp"}))
def test_gradients_are_those_of_small_steps(name: str) -> None:
    student = torch.from_numpy(SCORES[1].copy()).requires_grad_()
    teacher = torch.from_numpy(SCORES[0])
    assert torch.autograd.gradcheck(lambda s: functions.FUNCTIONS[name](teacher, s), (student,))


def test_samples_that_are_the_same_have_a_gradient() -> None:
    """At distance 0 a root has none."""
    student = torch.ones(3, 4, dtype=torch.float64).requires_grad_()
    functions.rkd(torch.from_numpy(SCORES[0][:3, :4]), student).backward()
    assert bool(torch.isfinite(student.grad).all())


@pytest.mark.parametrize("name", ["soft_label", "kl", "dkd", "skd"])
def test_scores_of_detectors_count_as_samples(name: str) -> None:
    boxes = np.random.default_rng(2).standard_normal((2, 3, 4, 7))
    assert found(name, *boxes) == pytest.approx(found(name, *boxes.reshape(2, 12, 7)))
