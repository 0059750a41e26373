# SPDX-License-Identifier: Apache-2.0
"""A student beside its teacher, in one call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lite.convert import Convertible
from lite.slim.distillation.losses import DistillLoss, MakeFeeds
from lite.slim.distillation.settings import Distillation, Pair
from lite.slim.torch_bridge import GraphModule
from lite.slim.training import TrainConfig, TrainResult, train


def distill(student: GraphModule, teacher: Convertible | GraphModule | None, data: Iterable[Any],
            settings: Distillation | None = None, config: TrainConfig | None = None, *,
            pairs: Sequence[Pair] | None = None, teacher_feeds: MakeFeeds | None = None,
            **options: Any) -> TrainResult:
    """Train a student, in place, on what its teacher computes.

    Parameters
    ----------
    student : GraphModule
    teacher, settings, pairs, teacher_feeds
        As of ``DistillLoss``.
    data, config
        As of ``train``. Labels are needed only if ``settings.labels`` gives them weight.
    **options
        Of ``train``: evaluate, after_step, checkpoint.

    Raises
    ------
    InputError, TrainingError, FileError
        As of ``DistillLoss`` and ``train``.
    """
    loss = DistillLoss(student, teacher, settings, pairs=pairs, teacher_feeds=teacher_feeds)
    groups = student.parameter_groups((config or TrainConfig()).learning_rate)
    trained = [*groups, {"params": list(loss.parameters())}]
    return train(student, data, loss, config, parameters=trained, **options)
