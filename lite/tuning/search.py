# SPDX-License-Identifier: Apache-2.0
"""Which layers must stay float for a net to lose no more than is allowed; found with few evaluations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lite.errors import CalibrationError
from lite.session import Model
from lite.tuning.guard import Built

Evaluate = Callable[[Model], float]


@dataclass(frozen=True)
class Found:
    """The recipe that was found.

    Attributes
    ----------
    exclude : tuple of str
        Layers that stay float.
    scores : dict of int to float
        By number of places kept float, in the order of trying.
    float_score : float
    is_reached : bool
        Whether the score lies within what is allowed.
    """

    exclude: tuple[str, ...]
    scores: dict[int, float]
    float_score: float
    is_reached: bool

    def __str__(self) -> str:
        tried = ", ".join(f"{count} float: {score:g}" for count, score in self.scores.items())
        if not self.is_reached:
            return f"float scores {self.float_score:g}; {tried}: out of reach, so the float net is kept"
        kept = f"kept float: {', '.join(self.exclude)}" if self.exclude else "no layer has to stay float"
        return f"float scores {self.float_score:g}; {tried}; {kept}"

    def to_dict(self) -> dict[str, object]:
        return {"exclude": list(self.exclude), "float_score": self.float_score, "is_reached": self.is_reached,
                "scores": {str(count): score for count, score in self.scores.items()}}


def search(floats: Built, integers: Built, build: Callable[[Sequence[str]], Built],
           rank: Callable[[], Sequence[Sequence[str]]], evaluate: Evaluate, max_drop: float,
           tell: Callable[[str], None] = lambda message: None) -> tuple[Built, Found]:
    """The net with as few float layers as will do: none, then 1, 2, 4, ... of the worst, then between.

    Parameters
    ----------
    floats, integers : Built
    build : callable(names of layers that stay float)
    rank : callable
        Names of layers that go together, the worst first; asked only if the quantized net loses too much.
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
    tried: dict[int, Built] = {0: integers}
    scores = {0: score_of(evaluate, integers)}
    groups: Sequence[Sequence[str]] = () if _enough(scores[0], goal, max_drop) else rank()

    def is_enough(count: int) -> bool:
        if count not in scores:
            tell(f"trying the worst {count} float")
            tried[count] = build(_joined(groups[:count]))
            scores[count] = score_of(evaluate, tried[count])
        return _enough(scores[count], goal, max_drop)

    count = _least(is_enough, len(groups))
    if count is None:
        return floats, Found(_joined(groups), scores, goal, False)
    return tried[count], Found(_joined(groups[:count]), scores, goal, True)


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


def _enough(score: float, goal: float, max_drop: float) -> bool:
    return score >= goal - max_drop


def score_of(evaluate: Evaluate, built: Built) -> float:
    """What the caller's function says about a net.

    Raises
    ------
    CalibrationError
    """
    name = getattr(evaluate, "__qualname__", type(evaluate).__name__)
    try:
        score = evaluate(Model(built.nb))
    except Exception as error:
        hint = "it gets a lite.Model and returns a number, the higher the better"
        raise CalibrationError(f"evaluate ({name}) raised {type(error).__name__}: {error}", where="StaticPTQ",
                               hint=hint) from error
    try:
        number = float(score)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        raise CalibrationError(f"evaluate ({name}) returned {score!r}, expected a number", where="StaticPTQ")
    return number
