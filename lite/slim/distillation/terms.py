# SPDX-License-Identifier: Apache-2.0
"""One pair of a distillation: checked beforehand, brought into one shape, compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from lite.errors import InputError, TrainingError
from lite.ir import Extent, Graph, Value
from lite.slim.distillation.functions import FUNCTIONS
from lite.slim.distillation.nodes import channel_axis, values_by_name
from lite.slim.distillation.settings import ON_SCORES, Distillation, Names, Pair
from lite.slim.training.losses import scores_of

Values = Mapping[str, Tensor]


class Term:
    """What a pair adds to the loss.

    Attributes
    ----------
    pair : Pair
    ours, theirs : list of str
        Values of the student and of the teacher that are needed.
    adapters : list of module
        Of the student's values, one each.

    Raises
    ------
    InputError
        If values are unknown, or their shapes do not fit each other.
    """

    def __init__(self, pair: Pair, student: Graph, teacher: Graph, settings: Distillation) -> None:
        self.pair, self._settings = pair, settings
        ours = values_by_name(student, _listed(pair.student), f"student {student.name!r}")
        theirs = values_by_name(teacher, _listed(pair.teacher), f"teacher {teacher.name!r}")
        if pair.loss in ON_SCORES:
            ours, theirs = list(map(scores_of, ours)), list(map(scores_of, theirs))
        self.ours, self.theirs = [value.name for value in ours], [value.name for value in theirs]
        self._axes = [channel_axis(value) for value in ours], [channel_axis(value) for value in theirs]
        is_free = callable(pair.loss) or pair.loss == "rkd"  # they compare values of any shapes
        self.adapters: list[Any] = [nn.Identity() if is_free else self._adapter(mine, other)
                                    for mine, other in zip(ours, theirs)]

    def _adapter(self, mine: Value, other: Value) -> Any:
        """What brings a value of the student to the teacher's channels."""
        ours, theirs = _channels_first(mine), _channels_first(other)
        if len(ours) == len(theirs) and not any(map(_differ, ours, theirs)):
            return nn.Identity()
        hint = "compare values of the same height and width"
        if len(ours) == len(theirs) > 1 and not any(map(_differ, ours[2:], theirs[2:])):
            before, after = ours[1], theirs[1]
            if self.pair.loss in ON_SCORES:
                hint = "scores must be of the same classes"
            elif not self._settings.adapt:
                hint = "adapt=True gives the student a layer to the teacher's channels"
            elif isinstance(before, int) and isinstance(after, int):
                return _Adapter(before, after)
        raise InputError(f"the student's {mine!r} does not fit the teacher's {other!r}",
                         where=str(self.pair), hint=hint)

    def loss(self, teacher: Values, student: Values, labels: Tensor | None) -> Tensor:
        """Weighted, of the values of a batch.

        Raises
        ------
        InputError
            If shapes do not fit each other, or a function of the caller's returns no number.
        TrainingError
            If it is NaN or infinite.
        """
        ours, theirs = [student[name] for name in self.ours], [teacher[name] for name in self.theirs]
        is_own = callable(self.pair.loss)
        found = self._by_caller(theirs, ours) if is_own else self._by_name(theirs, ours, labels)
        if not bool(torch.isfinite(found)):
            raise TrainingError(f"it is {float(found.detach())}, expected a finite number",
                                where=str(self.pair), hint="a lower learning_rate or alpha may help")
        return self.pair.weight * found

    def _by_caller(self, theirs: list[Tensor], ours: list[Tensor]) -> Tensor:
        loss: Any = self.pair.loss
        found = loss(tuple(theirs) if isinstance(self.pair.teacher, tuple) else theirs[0],
                     tuple(ours) if isinstance(self.pair.student, tuple) else ours[0])
        if not isinstance(found, Tensor) or found.numel() != 1:
            what = f"a tensor of {list(found.shape)}" if isinstance(found, Tensor) else repr(found)
            raise InputError(f"it returned {what}, expected a tensor of one number", where=str(self.pair))
        return found.reshape(())

    def _by_name(self, theirs: list[Tensor], ours: list[Tensor], labels: Tensor | None) -> Tensor:
        name = str(self.pair.loss)
        if name not in ON_SCORES:
            ours, theirs = ([value.movedim(axis, 1) if value.ndim > 1 else value
                             for value, axis in zip(values, axes)]
                            for values, axes in zip((ours, theirs), self._axes))
            ours = [adapter(value) for adapter, value in zip(self.adapters, ours)]
        for mine, other in zip(ours, theirs):
            if mine.shape != other.shape and name != "rkd":
                raise InputError(f"the student's is {list(mine.shape)}, the teacher's {list(other.shape)}",
                                 where=str(self.pair), hint="compare values of the same shape")
        if name == "fsp":
            return FUNCTIONS[name]((theirs[0], theirs[1]), (ours[0], ours[1]))
        return self._scale * FUNCTIONS[name](theirs[0], ours[0], **self._options(labels))

    @property
    def _scale(self) -> float:
        """What keeps the gradients' size where scores are divided; dkd does that by itself."""
        return self._settings.temperature**2 if self.pair.loss in ("soft_label", "kl") else 1.0

    def _options(self, labels: Tensor | None) -> dict[str, Any]:
        settings = self._settings
        if self.pair.loss == "soft_label":
            return {"teacher_temperature": settings.temperature, "student_temperature": settings.temperature}
        if self.pair.loss == "dkd":
            is_class = labels is not None and not labels.is_floating_point()
            return {"labels": labels if is_class else None, "temperature": settings.temperature,
                    "alpha": settings.dkd_alpha, "beta": settings.dkd_beta}
        return {"temperature": settings.temperature} if self.pair.loss == "kl" else {}


class _Adapter(nn.Module):
    """A layer of 1 x 1 over the channels, which lie at axis 1."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.layer = nn.Linear(before, after)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x.movedim(1, -1)).movedim(-1, 1)


def _listed(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _channels_first(value: Value) -> list[Extent]:
    shape = list(value.type.shape)
    if len(shape) > 1:
        shape.insert(1, shape.pop(channel_axis(value)))
    return shape


def _differ(one: Extent, other: Extent) -> bool:
    """Whether two extents certainly differ: free ones are seen when there is data."""
    return isinstance(one, int) and isinstance(other, int) and one != other
