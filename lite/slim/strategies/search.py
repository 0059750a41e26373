# SPDX-License-Identifier: Apache-2.0
"""Search: which settings of PTQ lose least, found by trying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lite.slim.strategies._rule import setting
from lite.slim.strategies._strategy import Strategy
from lite.slim.strategies.ptq import ALGORITHMS


@dataclass(frozen=True)
class Search(Strategy):
    """PTQ again and again, each time with the settings that look best by then (TPE, by optuna).

    Attributes
    ----------
    ptq_algo : tuple of str
        Algorithms to choose from.
    bias_correct : tuple of bool
    hist_percent : (float, float)
        From, to; of hist.
    batch_num : (int, int)
        From, to; batches of the data.
    max_quant_count : int
        Trials at most.
    """

    ptq_algo: tuple[str, ...] = setting("words", ("KL", "hist", "avg", "mse"), choices=tuple(ALGORITHMS))
    bias_correct: tuple[bool, ...] = setting("flags", (True, False))
    hist_percent: tuple[float, ...] = setting("numbers", (0.98, 0.99999), least=0.9, most=1, size=2)
    batch_num: tuple[int, ...] = setting("wholes", (10, 30), least=1, most=1 << 20, size=2)
    max_quant_count: int = setting("whole", 20, least=1, most=10000)

    sections = ("HyperParameterOptimization",)
    unused: ClassVar[Mapping[str, str]] = {
        "weight_quantize_type": "weights have one scale per output channel",
        "batch_size": "Global.batch_size says it"}

    def contradiction(self) -> str | None:
        for name in ("ptq_algo", "bias_correct"):
            if not getattr(self, name):
                return f"{name} has no elements, expected what to choose from"
        for name in ("hist_percent", "batch_num"):
            first, last = getattr(self, name)
            if first > last:
                return f"{name} goes from {first} to {last}, expected the lesser one first"
        return None
