# SPDX-License-Identifier: Apache-2.0
"""How good a model is on the real runtime: by the caller's function, or as it agrees with the float one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lite.convert import usual_threads
from lite.errors import CalibrationError, InputError
from lite.session import Model, Session
from lite.slim.act.data import Data, Feeds
from lite.tuning.search import number_of

Evaluate = Callable[[Session], float]
MOST_JUDGED = 256  # samples that agreement is judged by


@dataclass(frozen=True)
class Score:
    """What a judge says.

    Attributes
    ----------
    value : float
        The higher the better.
    distance : float
        Mean earth mover's distance to the float model's outputs, in parts of their range; 0 if a function of
        the caller's is the judge. It decides between equal values.
    """

    value: float
    distance: float = 0.0

    @property
    def rank(self) -> tuple[float, float]:
        """To compare by: greater is better."""
        return self.value, -self.distance

    @property
    def number(self) -> float:
        """Both in one number, for what compares by one: the distance is the smaller part."""
        return self.value - 1e-3 * min(self.distance, 1.0)

    def loss(self, floats: Score) -> float:
        """The part of the float model's score that is gone; negative: it rose."""
        scale = abs(floats.value)
        return (floats.value - self.value) / (scale if scale > 0 else 1.0)


class Judge:
    """Scores a .nb by the caller's function of a session."""

    def __init__(self, evaluate: Evaluate, metric: str = "") -> None:
        self._evaluate = evaluate
        self.metric = metric or str(getattr(evaluate, "__name__", "evaluate"))

    def __call__(self, nb: bytes) -> Score:
        """The score of a model.

        Raises
        ------
        CalibrationError
            If the function raises or gives no finite number.
        """
        value = number_of(self._evaluate, session_of(nb), where="compress",
                          hint="it gets a lite Session and returns a number, the higher the better")
        if not math.isfinite(value):
            raise CalibrationError(f"evaluate ({self.metric}) returned {value}, expected a finite number",
                                   where="compress")
        return Score(value)


class Agreement:
    """Scores a .nb by how far it agrees with the float model on samples without labels.

    Where the only output is a row of scores for each sample, the value is the part of the answers (the
    greatest score) that are the same; else 1 less the earth mover's distance.
    """

    def __init__(self, floats: bytes, data: Data) -> None:
        self._samples = data.spread(MOST_JUDGED)
        self._expected = _outputs(floats, self._samples)
        first = self._expected[0]
        self._has_answers = len(first) == 1 and first[0].squeeze().ndim == 1
        self.metric = "answers as float" if self._has_answers else "1 - EMD"

    def __call__(self, nb: bytes) -> Score:
        found = _outputs(nb, self._samples)
        pairs = [pair for sample in zip(self._expected, found) for pair in zip(*sample)]
        distance = float(np.mean([_distance(*pair) for pair in pairs]))
        if not self._has_answers:
            return Score(1 - distance, distance)
        same = [int(np.argmax(expected)) == int(np.argmax(got)) for expected, got in pairs]
        return Score(float(np.mean(same)), distance)


def session_of(nb: bytes) -> Session:
    """A session as calibration has it: on all cores, four at most."""
    return Model(nb).session(usual_threads())


def top1(samples: Sequence[Feeds], labels: np.ndarray) -> Evaluate:
    """The part of the samples whose greatest output is at the label's place.

    Raises
    ------
    InputError
        When called, if a label is beyond the outputs.
    """

    def evaluate(session: Session) -> float:
        answers = []
        for feeds, label in zip(samples, labels):
            (scores,) = list(session.run(feeds).values())[:1]
            if not 0 <= label < scores.size:
                raise InputError(f"label {label} is beyond the {scores.size} outputs of the model",
                                 where="evaluation.labels")
            answers.append(int(np.argmax(scores)) == label)
        return float(np.mean(answers))

    evaluate.__name__ = "top-1"
    return evaluate


def _outputs(nb: bytes, samples: Sequence[Feeds]) -> list[list[np.ndarray]]:
    session = session_of(nb)
    return [[np.asarray(array, np.float64) for array in session.run(feeds).values()] for feeds in samples]


def _distance(expected: np.ndarray, found: np.ndarray) -> float:
    """Earth mover's distance between two arrays' numbers, in parts of the range of the first."""
    if expected.shape != found.shape:
        return 1.0
    if not expected.size:
        return 0.0
    spread = float(expected.max() - expected.min()) or max(float(np.abs(expected).max()), 1.0)
    moved: Any = np.abs(np.sort(expected, axis=None) - np.sort(found, axis=None)).mean() / spread
    return float(np.nan_to_num(moved, nan=1.0, posinf=1.0))
