# SPDX-License-Identifier: Apache-2.0
"""Losses between what a teacher and a student compute; means over the batch. The teacher comes first.

Scores are [n, classes], before any softmax; scores of more axes, as detectors have, count as more samples by
their last axis. Features are [n, channels, height, width], or [n, channels].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from lite.errors import InputError

Function = Callable[..., Tensor]


def l2(teacher: Tensor, student: Tensor) -> Tensor:
    """Mean of the squared differences."""
    return functional.mse_loss(student, teacher)


def l1(teacher: Tensor, student: Tensor) -> Tensor:
    """Mean of the differences' sizes."""
    return functional.l1_loss(student, teacher)


def smooth_l1(teacher: Tensor, student: Tensor) -> Tensor:
    """Half the squared differences, and from 1 on their sizes less a half."""
    return functional.smooth_l1_loss(student, teacher)


def soft_label(teacher: Tensor, student: Tensor, *, teacher_temperature: float = 1.0,
               student_temperature: float = 1.0) -> Tensor:
    """Cross entropy of the student's probabilities with the teacher's, each of scores over a temperature."""
    targets = functional.softmax(_rows(teacher) / teacher_temperature, dim=1)
    return -(targets * functional.log_softmax(_rows(student) / student_temperature, dim=1)).sum(1).mean()


def kl(teacher: Tensor, student: Tensor, *, temperature: float = 1.0) -> Tensor:
    """Kullback-Leibler divergence of the student's probabilities from the teacher's."""
    targets = functional.log_softmax(_rows(teacher) / temperature, dim=1)
    found = functional.log_softmax(_rows(student) / temperature, dim=1)
    return (targets.exp() * (targets - found)).sum(1).mean()


def dkd(teacher: Tensor, student: Tensor, *, labels: Tensor | None = None, temperature: float = 1.0,
        alpha: float = 1.0, beta: float = 1.0) -> Tensor:
    """Decoupled: alpha times the divergence of "right or not", beta times that among the wrong classes.

    After Zhao et al. 2022, Decoupled Knowledge Distillation. Right is what the labels say; without them what
    the teacher says.
    """
    teacher, student = _rows(teacher), _rows(student)
    right = teacher.argmax(1) if labels is None else labels.reshape(-1)
    hit = functional.one_hot(right, teacher.shape[1]).bool()
    t, s = (functional.log_softmax(scores / temperature, dim=1) for scores in (teacher, student))
    binary = _divergence(*(torch.stack([each[hit], each.masked_fill(hit, -torch.inf).logsumexp(1)], 1)
                           for each in (t, s)))
    t, s = (functional.log_softmax(scores[~hit].reshape(len(scores), -1) / temperature, dim=1)
            for scores in (teacher, student))
    return temperature**2 * (alpha * binary + beta * _divergence(t, s))


def skd(teacher: Tensor, student: Tensor, *, multiplier: float | None = None) -> Tensor:
    """Spherical: cross entropy of scores whose mean is 0 and whose deviation is the multiplier in each row.

    After Guo et al. 2020. Without a multiplier it is the mean deviation of the teacher's scores.
    """
    teacher, student = _rows(teacher), _rows(student)
    size = teacher.std(1, correction=0).mean().detach() if multiplier is None else multiplier
    t, s = (size * functional.layer_norm(scores, scores.shape[1:]) for scores in (teacher, student))
    return soft_label(t, s)


def fsp(teacher: tuple[Tensor, Tensor], student: tuple[Tensor, Tensor]) -> Tensor:
    """Mean squared difference of the flows of the solution procedure: how two features' channels go together.

    After Yim et al. 2017, A Gift from Knowledge Distillation.

    Raises
    ------
    InputError
        If the two features of a side have not the same height and width.
    """
    return functional.mse_loss(_flow(*student), _flow(*teacher))


def rkd(teacher: Tensor, student: Tensor) -> Tensor:
    """Relations in the batch: smooth L1 of the distances of samples, and twice that of the angles.

    After Park et al. 2019, Relational Knowledge Distillation.
    """
    t, s = teacher.flatten(1), student.flatten(1)
    return (functional.smooth_l1_loss(_distances(s), _distances(t))
            + 2 * functional.smooth_l1_loss(_angles(s), _angles(t)))


def _rows(scores: Tensor) -> Tensor:
    return scores.reshape(-1, scores.shape[-1])


def _divergence(teacher: Tensor, student: Tensor) -> Tensor:
    """Of logarithms of probabilities."""
    return (teacher.exp() * (teacher - student)).sum(1).mean()


def _flow(first: Tensor, second: Tensor) -> Tensor:
    """[n, channels of the first, channels of the second]"""
    if first.shape[2:] != second.shape[2:]:
        raise InputError(f"features of {list(first.shape)} and {list(second.shape)} have no flow",
                         where="fsp", hint="compare features of the same height and width")
    first, second = first.flatten(2), second.flatten(2)
    return first @ second.transpose(1, 2) / first.shape[2]


def _distances(rows: Tensor) -> Tensor:
    """Between all samples, over the mean of those that are not 0."""
    squares = ((rows[:, None] - rows[None]) ** 2).sum(2)
    apart = squares > 0
    found = torch.where(apart, squares, 1.0).sqrt() * apart
    return found / (found.sum() / apart.sum().clamp(min=1)).clamp(min=1e-12)


def _angles(rows: Tensor) -> Tensor:
    """Cosines of the angles at each sample between all pairs of others."""
    directions = functional.normalize(rows[None] - rows[:, None], dim=2)
    return directions @ directions.transpose(1, 2)


FUNCTIONS: dict[str, Any] = {"l2": l2, "l1": l1, "smooth_l1": smooth_l1, "soft_label": soft_label, "kl": kl,
                             "dkd": dkd, "skd": skd, "fsp": fsp, "rkd": rkd}
