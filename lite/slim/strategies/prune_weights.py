# SPDX-License-Identifier: Apache-2.0
"""PruneWeights: single weights become 0, which makes files that pack better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lite.quant.settings import nearest
from lite.slim.strategies._rule import Rule, setting
from lite.slim.strategies._strategy import Strategy

GMP_KEYS = ("stable_iterations", "pruning_iterations", "tunning_iterations", "resume_iteration",
            "pruning_steps", "initial_ratio")


@dataclass(frozen=True)
class PruneWeights(Strategy):
    """Set the smallest weights to 0, at once or more and more of them while training.

    Attributes
    ----------
    schedule : {"once", "gmp"}
        gmp: from ``gmp["initial_ratio"]`` to ``ratio`` along a cubic curve.
    mode : {"ratio", "threshold"}
    ratio : float
        Part of the weights that becomes 0.
    threshold : float
        Weights below it become 0, with mode "threshold".
    gmp : mapping
        stable_iterations, pruning_iterations, tunning_iterations, resume_iteration, pruning_steps,
        initial_ratio.
    only : {"conv1x1_only"}, optional
        Prune the 1 x 1 convolutions alone.
    local : bool
        The ratio holds in each layer, not over all of them.
    """

    schedule: str = setting("word", "once", keys="prune_strategy", choices=("once", "gmp"))
    mode: str = setting("word", "ratio", keys="prune_mode", choices=("ratio", "threshold"))
    ratio: float = setting("number", 0.55, keys="ratio pruned_ratio", least=0, most=0.99)
    threshold: float = setting("number", 0.01, least=0, most=1e6)
    gmp: Mapping[str, Any] = field(default_factory=dict,
                                   metadata={"rule": Rule("options", ("gmp_config",), is_optional=False)})
    only: str | None = setting("word", keys="prune_params_type", choices=("conv1x1_only",))
    local: bool = setting("flag", False, keys="local_sparsity")

    sections = ("UnstructurePrune",)

    @classmethod
    def adapted(cls, options: dict[str, Any]) -> dict[str, Any]:
        given = dict(options)
        for key in ("prune_strategy", "schedule", "gmp_config", "gmp"):
            if key in given and given[key] is None:
                del given[key]
        if given.get("mode", given.get("prune_mode")) == "threshold":
            for key in ("ratio", "pruned_ratio"):
                if key in given:
                    raise ValueError(f"{key}: it is given though prune_mode is threshold: give one")
        elif "threshold" in given:
            raise ValueError("threshold: it is given though prune_mode is ratio: give one")
        return given

    def contradiction(self) -> str | None:
        for key, found in self.gmp.items():
            if key not in GMP_KEYS:
                return f"gmp has the unknown key {key!r}; {nearest(key, GMP_KEYS) or ', '.join(GMP_KEYS)}"
            if isinstance(found, bool) or not isinstance(found, (int, float)) or not found >= 0:
                return f"gmp[{key!r}] is {found!r}, expected a number, at least 0"
        if self.gmp and self.schedule != "gmp":
            return "gmp has settings for a schedule that is not asked for: say prune_strategy: gmp"
        return None
