# SPDX-License-Identifier: Apache-2.0
"""Distill: the compressed model learns from the one that it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from lite.slim.strategies._rule import setting
from lite.slim.strategies._strategy import Strategy

LOSSES = ("l2", "l2_loss", "l1", "smooth_l1", "soft_label", "soft_label_loss", "kl", "dkd", "skd", "fsp",
          "fsp_loss", "rkd")


@dataclass(frozen=True)
class Distill(Strategy):
    """Learn from a teacher's values instead of labels.

    Attributes
    ----------
    loss : tuple of str
        One for all nodes, or one for each.
    alpha : tuple of float
        Weights of the losses; likewise.
    nodes : tuple of str
        Values that are compared, by name; none: those before the last activation, or the outputs.
    teacher : str, optional
        A model that convert takes; none: the model as it is before compression.
    teacher_params : str, optional
        Where its parameters lie, if that is unusual.
    """

    loss: tuple[str, ...] = setting("words", ("l2",), keys="loss distill_loss", choices=LOSSES)
    alpha: tuple[float, ...] = setting("numbers", (1.0,), keys="alpha distill_lambda", least=0, most=1e6)
    nodes: tuple[str, ...] = setting("words", (), keys="node distill_node_pair")
    teacher: str | None = setting("word", keys="teacher_model_dir")
    teacher_params: str | None = setting("word", keys="teacher_params_filename")

    sections = ("Distillation",)
    folded = ("teacher_model_filename",)
    unused: ClassVar[Mapping[str, str]] = {
        "merge_feed": "teacher and student always read the same inputs"}

    def __post_init__(self) -> None:
        for name in ("loss", "alpha", "nodes"):
            found = getattr(self, name)
            if isinstance(found, (str, int, float)) and not isinstance(found, bool):
                object.__setattr__(self, name, (found,))
        super().__post_init__()

    @classmethod
    def adapted(cls, options: dict[str, Any]) -> dict[str, Any]:
        given = dict(options)
        folder, program = given.get("teacher_model_dir"), given.pop("teacher_model_filename", None)
        if program is not None:
            if folder is None:
                raise ValueError("teacher_model_filename: there is no teacher_model_dir for it")
            given["teacher_model_dir"] = f"{folder}/{program}"
            if given.get("teacher_params_filename"):
                given["teacher_params_filename"] = f"{folder}/{given['teacher_params_filename']}"
        return given

    def contradiction(self) -> str | None:
        count = max(len(self.nodes), 1)
        for name in ("loss", "alpha"):
            if len(getattr(self, name)) not in (1, count):
                return f"{name} has {len(getattr(self, name))} elements for {count} nodes: give 1 or as many"
        if self.teacher is None and self.teacher_params is not None:
            return "teacher_params has no teacher that it would belong to"
        return None
