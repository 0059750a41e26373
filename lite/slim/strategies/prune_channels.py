# SPDX-License-Identifier: Apache-2.0
"""PruneChannels: whole channels go, so layers become smaller and faster anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lite.slim.strategies._rule import setting
from lite.slim.strategies._strategy import Strategy

CRITERIA = ("l1_norm", "l2_norm", "l0_norm", "geometry_median", "bn_scale")


@dataclass(frozen=True)
class PruneChannels(Strategy):
    """Take the least important channels out of convolutions, then train what is left.

    Attributes
    ----------
    ratio : float or tuple of float
        Part of the channels of each layer that goes; one for all, or one for each of ``layers``.
    layers : tuple of str
        Names of weights or of layers' outputs; none: all layers that can be pruned.
    criterion : str
        l1_norm, l2_norm, l0_norm, geometry_median (FPGM), bn_scale.
    """

    ratio: tuple[float, ...] = setting("numbers", (0.25,), keys="pruned_ratio", least=0.01, most=0.95)
    layers: tuple[str, ...] = setting("words", (), keys="prune_params_name")
    criterion: str = setting("word", "l1_norm", choices=CRITERIA)

    sections = ("ChannelPrune", "Prune")
    unused: ClassVar[Mapping[str, str]] = {
        "prune_algo": "channels are what is pruned here; UnstructurePrune and ASPPrune prune weights"}

    def __post_init__(self) -> None:
        if isinstance(self.ratio, (int, float)) and not isinstance(self.ratio, bool):
            object.__setattr__(self, "ratio", (float(self.ratio),))
        super().__post_init__()

    def contradiction(self) -> str | None:
        if len(self.ratio) == 0:
            return "ratio has no elements, expected one for all layers or one for each"
        if len(self.ratio) not in (1, len(self.layers)):
            return f"there are {len(self.ratio)} ratios for {len(self.layers)} layers: give one, or one each"
        return None
