# SPDX-License-Identifier: Apache-2.0
"""How long, how fast and by what a module is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lite.errors import InputError

OPTIMIZERS = ("sgd", "adam", "adamw")
SCHEDULES = ("cosine", "constant", "step")
_COUNTS = {"epochs": 1, "train_iter": 1, "eval_iter": 1, "checkpoint_iter": 1, "logging_iter": 1,
           "warmup_iter": 0, "seed": 0}  # whole numbers, and the least that they may be
_MAY_LACK = ("train_iter", "eval_iter", "checkpoint_iter")


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training.

    Parameters
    ----------
    epochs : int
        How often the data is gone through.
    train_iter : int, optional
        Steps in all, in place of ``epochs``: the data is gone through as often as it takes.
    learning_rate : float
    optimizer : {"sgd", "adam", "adamw"}
    momentum : float
        Of sgd.
    weight_decay : float
    schedule : {"cosine", "constant", "step"}
        How the learning rate goes on: down to 0 along half a wave, as it is, or to a tenth after a half of
        all steps and again after three quarters.
    warmup_iter : int
        Steps over which the learning rate rises to what it should be.
    eval_iter : int, optional
        Steps between two evaluations; left out, one after each epoch.
    checkpoint_iter : int, optional
        Steps between two checkpoints; left out, one after each evaluation and each epoch.
    logging_iter : int
        Steps between two looks at the loss in the progress bar.
    seed : int
        Of random, numpy and PyTorch.

    Raises
    ------
    InputError
        If a setting is not what it may be.
    """

    epochs: int = 1
    train_iter: int | None = None
    learning_rate: float = 1e-3
    optimizer: str = "sgd"
    momentum: float = 0.9
    weight_decay: float = 0.0
    schedule: str = "cosine"
    warmup_iter: int = 0
    eval_iter: int | None = None
    checkpoint_iter: int | None = None
    logging_iter: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in _COUNTS.items():
            found = getattr(self, name)
            if found is None and name in _MAY_LACK:
                continue
            if isinstance(found, bool) or not isinstance(found, int) or found < least:
                raise _wrong(name, found, f"a whole number of {least} or more")
        for name in ("learning_rate", "momentum", "weight_decay"):
            found = getattr(self, name)
            if isinstance(found, bool) or not isinstance(found, (int, float)) or not 0 <= found < math.inf:
                raise _wrong(name, found, "a number of 0 or more")
        if not self.learning_rate:
            raise _wrong("learning_rate", self.learning_rate, "a number above 0")
        for name, known in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            if getattr(self, name) not in known:
                raise _wrong(name, getattr(self, name), f"one of {', '.join(known)}")

    def pace(self, step: int, steps: int | None) -> float:
        """The learning rate of a step that is counted from 0, as a part of ``learning_rate``.

        ``steps`` are all of them; None, if that is not known, will do for a constant rate.
        """
        if step < self.warmup_iter:
            return (step + 1) / (self.warmup_iter + 1)
        if self.schedule == "constant" or steps is None:
            return 1.0
        done = (step - self.warmup_iter) / max(1, steps - self.warmup_iter)
        if self.schedule == "cosine":
            return 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
        return 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01


def _wrong(name: str, found: object, expected: str) -> InputError:
    return InputError(f"{name} is {found!r}, expected {expected}", where="TrainConfig")
