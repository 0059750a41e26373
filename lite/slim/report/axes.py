# SPDX-License-Identifier: Apache-2.0
"""Axes of drawings: round marks, and where numbers lie between them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = (1.0, 2.0, 5.0, 10.0)
MARKS = 5  # about as many


@dataclass(frozen=True)
class Axis:
    """Numbers from low to high, drawn from start to end.

    Attributes
    ----------
    low, high : float
        Round numbers around all that is drawn.
    step : float
        Between marks.
    start, end : float
        In the drawing.
    """

    low: float
    high: float
    step: float
    start: float
    end: float

    @staticmethod
    def around(numbers: Iterable[float], start: float, end: float, *, with_zero: bool = False,
               most: float = math.inf) -> Axis:
        """The axis with room for finite numbers, none of which can be more than ``most``."""
        found = [*numbers, *([0.0] if with_zero else [])] or [0.0, 1.0]
        low, high = min(found), max(found)
        if high - low <= 1e-12 * max(abs(low), abs(high)):
            margin = abs(high) * 0.1 or 1.0
            low, high = low - margin, min(high + margin, max(most, high))
        step = _round_step((high - low) / MARKS)
        return Axis(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step, start,
                    end)

    def place(self, number: float) -> float:
        """Where a number lies in the drawing."""
        return self.start + (self.end - self.start) * (number - self.low) / (self.high - self.low)

    @property
    def marks(self) -> list[float]:
        """Numbers that are written beside the axis."""
        return [self.low + position * self.step
                for position in range(round((self.high - self.low) / self.step) + 1)]

    @property
    def digits(self) -> int:
        """Decimals that tell the marks apart."""
        return max(0, -math.floor(math.log10(self.step) + 1e-9))


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in STEPS if step * power >= least * (1 - 1e-9))
