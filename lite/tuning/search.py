# SPDX-License-Identifier: Apache-2.0
"""Which layers must stay float for a net to lose no more than is allowed; found with few evaluations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lite.errors import CalibrationError
from lite.session import Model
from lite.tuning.guard import Built

Evaluate = Callable[[Model], float]


@dataclass(frozen=True)
class Found:
    """The recipe that was found.

    Attributes
    ----------
    algo : str
        How ranges are chosen.
    exclude : tuple of str
        Layers that stay float.
    scores : tuple of (algo, number of places kept float, score)
        In the order of trying.
    float_score : float
    is_reached : bool
        Whether the score lies within what is allowed.
    """

    algo: str
    exclude: tuple[str, ...]
    scores: tuple[tuple[str, int, float], ...]
    float_score: float
    is_reached: bool

    def __str__(self) -> str:
        tried = ", ".join(f"{algo} with {count} float {score:g}" for algo, count, score in self.scores)
        if not self.is_reached:
            return f"float scores {self.float_score:g}; {tried}: out of reach, so the float net is kept"
        kept = f"float: {', '.join(self.exclude)}" if self.exclude else "no layer has to stay float"
        return f"float scores {self.float_score:g}; {tried}; kept {self.algo}, {kept}"

    def to_dict(self) -> dict[str, object]:
        return {"algo": self.algo, "exclude": list(self.exclude), "float_score": self.float_score,
                "is_reached": self.is_reached,
                "scores": [{"algo": algo, "float": count, "score": score}
                           for algo, count, score in self.scores]}


@dataclass(frozen=True)
class Start:
    """A way to choose ranges, which costs no speed.

    Attributes
    ----------
    algo : str
    build : callable(names of layers that stay float)
    rank : callable(Built)
        Names of layers that go together, the worst first.
    """

    algo: str
    build: Callable[[Sequence[str]], Built]
    rank: Callable[[Built], Sequence[Sequence[str]]]


def search(floats: Built, starts: Sequence[Start], evaluate: Evaluate, max_drop: float,
           tell: Callable[[str], None] = lambda message: None) -> tuple[Built, Found]:
    """The cheapest net that will do: all on integers with the first algorithm that suffices.

    Else, with the best one, the 1, 2, 4, ... worst places are float, then as few as will do.

    Parameters
    ----------
    floats : Built
    starts : sequence of Start
        The preferred one first.
    evaluate : callable(Model)
        A score: the higher the better.
    max_drop : float
        How much less than the float net's the score may be.
    tell : callable(str), optional

    Raises
    ------
    CalibrationError
        If ``evaluate`` raises, or gives no number.
    """
    tell("evaluating the float net")
    goal = score_of(evaluate, floats)
    scores: list[tuple[str, int, float]] = []
    integers: dict[str, Built] = {}
    for start in starts:
        tell(f"evaluating {start.algo}")
        integers[start.algo] = start.build(())
        scores.append((start.algo, 0, score_of(evaluate, integers[start.algo])))
        if scores[-1][2] >= goal - max_drop:
            return integers[start.algo], Found(start.algo, (), tuple(scores), goal, True)
    place = max(range(len(starts)), key=lambda place: scores[place][2])
    start = starts[place]
    groups = start.rank(integers[start.algo])
    tried: dict[int, tuple[Built, float]] = {0: (integers[start.algo], scores[place][2])}

    def is_enough(count: int) -> bool:
        if count not in tried:
            tell(f"trying the worst {count} float")
            built = start.build(_joined(groups[:count]))
            tried[count] = built, score_of(evaluate, built)
            scores.append((start.algo, count, tried[count][1]))
        return tried[count][1] >= goal - max_drop

    count = _least(is_enough, len(groups))
    if count is None:
        return floats, Found(start.algo, _joined(groups), tuple(scores), goal, False)
    return tried[count][0], Found(start.algo, _joined(groups[:count]), tuple(scores), goal, True)


def _joined(groups: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(name for group in groups for name in group)


def _least(is_enough: Callable[[int], bool], most: int) -> int | None:
    """The least count that is enough, if more are never worse; None if none is."""
    low, high = -1, 0
    while not is_enough(high):
        if high >= most:
            return None
        low, high = high, min(max(1, 2 * high), most)
    while high - low > 1 and low >= 0:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def score_of(evaluate: Evaluate, built: Built) -> float:
    """What the caller's function says about a net.

    Raises
    ------
    CalibrationError
    """
    return number_of(evaluate, Model(built.nb), where="StaticPTQ",
                     hint="it gets a lite.Model and returns a number, the higher the better")


def number_of(evaluate: Callable[[Any], float], subject: Any, *, where: str, hint: str) -> float:
    """What a function of the caller's says about a subject.

    Raises
    ------
    CalibrationError
        If it raises, or gives no number.
    """
    name = getattr(evaluate, "__qualname__", type(evaluate).__name__)
    try:
        score = evaluate(subject)
    except Exception as error:
        raise CalibrationError(f"evaluate ({name}) raised {type(error).__name__}: {error}", where=where,
                               hint=hint) from error
    try:
        number = float(score)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        raise CalibrationError(f"evaluate ({name}) returned {score!r}, expected a number", where=where)
    return number
