# SPDX-License-Identifier: Apache-2.0
"""Train: how long, and with what, the stages that train do so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lite.slim.strategies._rule import setting
from lite.slim.strategies._strategy import Strategy

OPTIMIZERS = {"SGD": "sgd", "Momentum": "sgd", "Adam": "adam", "AdamW": "adamw"}  # PaddleSlim's name: ours
SCHEDULES = {"CosineAnnealingDecay": "cosine", "PiecewiseDecay": "step"}
ONE_MACHINE = "training runs on one machine, in single precision"


@dataclass(frozen=True)
class Train(Strategy):
    """Training of whatever stages train.

    Attributes
    ----------
    epochs : int, optional
    train_iter : int, optional
        Steps in all, instead of epochs. None, both: one epoch, and 300 steps at least.
    learning_rate : float, optional
        None: each stage's own.
    optimizer : {"sgd", "adam", "adamw"}
    momentum, weight_decay : float
    schedule : {"cosine", "constant", "step"}
    warmup_iter : int
    eval_iter : int, optional
        Evaluate each so many steps; the best weights stay.
    logging_iter : int
    origin_metric, target_metric : float, optional
        The float model's score as it is known, and the one that is enough.
    """

    epochs: int | None = setting("whole", least=1, most=100000)
    train_iter: int | None = setting("whole", least=1, most=1 << 40)
    learning_rate: float | None = setting("number", least=1e-12, most=100)
    optimizer: str = setting("word", "adam", choices=("sgd", "adam", "adamw"))
    momentum: float = setting("number", 0.9, least=0, most=1)
    weight_decay: float = setting("number", 0.0, least=0, most=10)
    schedule: str = setting("word", "cosine", choices=("cosine", "constant", "step"))
    warmup_iter: int = setting("whole", 0, least=0, most=1 << 40)
    eval_iter: int | None = setting("whole", least=1, most=1 << 40)
    logging_iter: int = setting("whole", 10, least=1, most=1 << 40)
    origin_metric: float | None = setting("number")
    target_metric: float | None = setting("number")

    sections = ("TrainConfig",)
    folded = ("optimizer_builder", "optim_args")
    unused: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("use_fleet", "amp_config", "recompute_config", "sharding_config"), ONE_MACHINE),
        "sparse_model": "UnstructurePrune says how sparse the model becomes"}

    @classmethod
    def adapted(cls, options: dict[str, Any]) -> dict[str, Any]:
        given = dict(options)
        given.update(_optimizer(given.pop("optimizer_builder", None)))
        if isinstance(given.get("learning_rate"), dict):
            given.update(_schedule(given.pop("learning_rate")))
        if given.get("optimizer") in OPTIMIZERS:
            given["optimizer"] = OPTIMIZERS[given["optimizer"]]
        given.update(given.pop("optim_args", None) or {})
        if given.get("epochs") is not None and given.get("train_iter") is not None:
            raise ValueError("train_iter: epochs is given, too: give one")
        return given

    def contradiction(self) -> str | None:
        if self.epochs is not None and self.train_iter is not None:
            return "epochs and train_iter both say how long: give one"
        return None


def _optimizer(builder: Any) -> dict[str, Any]:
    """optimizer_builder: {optimizer: {type: Momentum}, weight_decay: 3e-5}."""
    if builder is None:
        return {}
    where = "optimizer_builder"
    if not isinstance(builder, dict):
        raise ValueError(f"{where}: it is {builder!r}, expected keys with values")
    chosen = builder.get("optimizer", {"type": "SGD"})
    kind = chosen.get("type") if isinstance(chosen, dict) else chosen
    if kind not in OPTIMIZERS:
        raise ValueError(f"{where}: the optimizer is {kind!r}, expected one of {', '.join(OPTIMIZERS)}")
    found: dict[str, Any] = {"optimizer": OPTIMIZERS[kind]}
    if kind == "SGD":
        found["momentum"] = 0.0
    own = chosen if isinstance(chosen, dict) else {}
    unknown = {*builder, *own} - {"optimizer", "type", "weight_decay", "momentum", "regularizer"}
    if unknown or "regularizer" in builder:
        raise ValueError(f"{where}: {', '.join(sorted(unknown) or ['regularizer'])} is not known, expected "
                         "optimizer: {type, momentum} and weight_decay")
    return {**found, **{key: value for part in (builder, own) for key, value in part.items()
                        if key in ("weight_decay", "momentum")}}


def _schedule(rate: dict[str, Any]) -> dict[str, Any]:
    """learning_rate: {type: CosineAnnealingDecay, learning_rate: 0.015, T_max: 8000}."""
    kind = rate.get("type")
    if kind not in SCHEDULES:
        known = ", ".join(SCHEDULES)
        raise ValueError(f"learning_rate: its type is {kind!r}, expected one of {known}, or a number")
    values = rate.get("values")
    first = rate.get("learning_rate", values[0] if isinstance(values, list) and values else None)
    if first is None:
        raise ValueError("learning_rate: it has no learning_rate to begin with")
    return {"learning_rate": first, "schedule": SCHEDULES[kind]}
