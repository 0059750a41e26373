# SPDX-License-Identifier: Apache-2.0
"""What a student learns from its teacher: which values, by which losses, how strongly."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Union

from lite.errors import InputError
from lite.quant.settings import nearest

LOSSES = ("l2", "l1", "smooth_l1", "soft_label", "kl", "dkd", "skd", "fsp", "rkd")
ON_SCORES = frozenset({"soft_label", "kl", "dkd", "skd"})  # they compare scores, all others any values
TEACHER = "teacher_"  # what PaddleSlim puts before the names of a teacher's values
Names = Union[str, tuple[str, ...]]


@dataclass(frozen=True)
class Pair:
    """Values of the student and of the teacher that a loss compares.

    Attributes
    ----------
    student, teacher : str or tuple of str
        Names of values; ``fsp`` takes two of each. Teacher "": those of the student.
    loss : str or callable(teacher, student)
        One of LOSSES, with or without "_loss" behind it, or a function of tensors that returns a number to
        make smaller; where a tuple of names is given, it gets a tuple of tensors.
    weight : float

    Raises
    ------
    InputError
        If the loss is unknown, or takes another number of values.
    """

    student: Names
    teacher: Names = ""
    loss: str | Callable[[Any, Any], Any] = "l2"
    weight: float = 1.0

    def __post_init__(self) -> None:
        if isinstance(self.loss, str):
            object.__setattr__(self, "loss", loss_name(self.loss))
        elif not callable(self.loss):
            raise InputError(f"loss is {self.loss!r}, expected a name or a function", where="Pair")
        _demand_number("weight", self.weight, "Pair")
        for side, names in (("student", self.student), ("teacher", self.teacher or self.student)):
            names = names if isinstance(names, str) else tuple(names)
            object.__setattr__(self, side, names)
            count, wanted = (len(names) if isinstance(names, tuple) else 1), 2 if self.loss == "fsp" else 1
            if isinstance(self.loss, str) and count != wanted:
                raise InputError(f"{self.loss} got {count} values of the {side}, expected {wanted}",
                                 where="Pair", hint="fsp takes the first and the last of a part of a net")

    def __str__(self) -> str:
        loss = self.loss if isinstance(self.loss, str) else getattr(self.loss, "__name__", "function")
        return f"{loss} of {self.student!r} and the teacher's {self.teacher!r}"


@dataclass(frozen=True)
class Distillation:
    """Settings of a distillation, under PaddleSlim's names and more.

    Attributes
    ----------
    loss : str or sequence of str
        One of LOSSES, with or without "_loss" behind it; or one for each node.
    alpha : float or sequence of float
        Weight of each of them.
    node : sequence of str, or of sequences of str
        Values that are compared: names that both nets have, or the teacher's with "teacher_" before it and
        then the student's. Sequences of them: one for each loss. Empty: ``score_nodes`` for losses of scores,
        ``distillation_nodes`` for others.
    teacher_model_dir, teacher_model_filename, teacher_params_filename : str, optional
        The teacher, unless it is given otherwise; none: the student as it is before.
    temperature : float
        By which scores are divided, in soft_label, kl and dkd; these are then multiplied by its square, so
        that their gradients keep their size.
    dkd_alpha, dkd_beta : float
        Of dkd: the parts of "right or not", and of the wrong classes.
    labels : float
        Weight of the cross entropy with labels; 0: none are needed.
    adapt : bool
        Whether features with other channels go through a 1 x 1 layer that is trained along.
    seed : int
        Of these layers.

    Raises
    ------
    InputError
        If a loss is unknown, a weight no number, or losses, weights and nodes are not equally many.
    """

    loss: str | Sequence[str] = "l2"
    alpha: float | Sequence[float] = 1.0
    node: str | Sequence[Any] = ()
    teacher_model_dir: str | None = None
    teacher_model_filename: str | None = None
    teacher_params_filename: str | None = None
    temperature: float = 1.0
    dkd_alpha: float = 1.0
    dkd_beta: float = 1.0
    labels: float = 0.0
    adapt: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("temperature", "dkd_alpha", "dkd_beta", "labels"):
            _demand_number(name, getattr(self, name), "Distillation")
        if not self.temperature:
            raise InputError("temperature is 0, expected a number above 0", where="Distillation")
        for alpha in _listed(self.alpha):
            _demand_number("alpha", alpha, "Distillation")
        if not _listed(self.loss):
            raise InputError(f"it is empty, expected some of {', '.join(LOSSES)}", where="Distillation.loss")
        self.pairs(lambda on_scores: [])

    def pairs(self, automatic: Callable[[bool], list[tuple[str, str]]]) -> list[Pair]:
        """What is compared.

        Parameters
        ----------
        automatic : callable(of scores) -> list of (student's name, teacher's name)
            Chooses where no nodes are given.
        """
        losses = [loss_name(name) for name in _listed(self.loss)]
        nodes = _listed(self.node)
        if not nodes:
            groups: list[Any] = [None] * len(losses)
        elif all(isinstance(node, str) for node in nodes):
            groups = [nodes] if "fsp" in losses else _sides(nodes)
        else:
            groups = [_listed(node) for node in nodes]
        found: list[Pair] = []
        for names, loss, alpha in zip(groups, _spread(losses, groups, "loss"),
                                      _spread(_listed(self.alpha), groups, "alpha")):
            if names is None:
                found += [Pair(*both, loss, alpha) for both in automatic(loss in ON_SCORES)]
            else:
                found += _pairs(names, loss, alpha)
        return found


def loss_name(name: Any) -> str:
    """A loss under its present name.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    present = name[: -len("_loss")] if isinstance(name, str) and name.endswith("_loss") else name
    if present not in LOSSES:
        raise InputError(f"there is no loss {name!r}, expected one of {', '.join(LOSSES)}", where="loss",
                         hint=nearest(str(present), LOSSES))
    return str(present)


def _listed(found: Any) -> list[Any]:
    return list(found) if isinstance(found, (list, tuple)) else [found]


def _spread(found: list[Any], groups: list[Any], what: str) -> list[Any]:
    """One for each group of nodes."""
    if len(found) not in (1, len(groups)):
        raise InputError(f"there are {len(found)} for {len(groups)} nodes, expected one, or one each",
                         where=f"Distillation.{what}")
    return found * len(groups) if len(found) == 1 else found


def _sides(names: list[str]) -> list[list[str]]:
    """Names by what is compared: those of teachers go with what follows them."""
    found: list[list[str]] = []
    for name in names:
        if found and found[-1][-1].startswith(TEACHER) and not name.startswith(TEACHER):
            found[-1].append(name)
        else:
            found.append([name])
    return found


def _pairs(names: list[str], loss: str, weight: float) -> list[Pair]:
    if loss == "fsp":
        ours = tuple(name for name in names if not name.startswith(TEACHER))
        theirs = tuple(name[len(TEACHER):] for name in names if name.startswith(TEACHER))
        return [Pair(ours, theirs or ours, loss, weight)]
    found = []
    for side in _sides(names):
        if side[-1].startswith(TEACHER):
            raise InputError(f"no value of the student follows {side[-1]!r}", where="Distillation.node")
        found.append(Pair(side[-1], side[0][len(TEACHER):] if len(side) == 2 else side[0], loss, weight))
    return found


def _demand_number(name: str, found: Any, where: str) -> None:
    is_number = isinstance(found, (int, float)) and not isinstance(found, bool)
    if not is_number or not 0 <= found < math.inf:
        raise InputError(f"{name} is {found!r}, expected a number of 0 or more", where=where)
