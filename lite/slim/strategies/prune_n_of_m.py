# SPDX-License-Identifier: Apache-2.0
"""PruneNofM: of every 4 weights in a row the 2 smallest become 0."""

from __future__ import annotations

from dataclasses import dataclass

from lite.slim.strategies._rule import setting
from lite.slim.strategies._strategy import Strategy


@dataclass(frozen=True)
class PruneNofM(Strategy):
    """Semi-structured sparsity: ``n`` of every ``m`` weights stay.

    Attributes
    ----------
    n, m : int
    layers : tuple of str
        Names of weights; none: all that can be pruned.
    """

    n: int = setting("whole", 2, least=1, most=16)
    m: int = setting("whole", 4, least=2, most=16)
    layers: tuple[str, ...] = setting("words", (), keys="prune_params_name")

    sections = ("ASPPrune",)

    def contradiction(self) -> str | None:
        return None if self.n < self.m else f"n is {self.n} and m {self.m}: nothing would be pruned"
