# SPDX-License-Identifier: Apache-2.0
"""Goal: what compression is for, and what holds for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lite.slim.strategies._rule import setting
from lite.slim.strategies._strategy import Strategy

OTHER = "the engine runs on processors, and .nb files run on all of them"


@dataclass(frozen=True)
class Goal(Strategy):
    """What compression has to keep and to reach.

    Attributes
    ----------
    max_loss : float
        Part of the float model's score that may be lost: 0.01 is a hundredth of it.
    target_speedup : float, optional
        How many times as fast as the float model the result has to be on this machine.
    target_latency_ms : float, optional
        What a run may take on this machine, on one thread.
    prune : bool
        Whether channels may be pruned if integers alone are not fast enough.
    batch_size : int
        Rows of a batch in training.
    seed : int
        Of all that is drawn at random.
    """

    max_loss: float = setting("number", 0.01, least=0, most=1)
    target_speedup: float | None = setting("number", least=1, most=100)
    target_latency_ms: float | None = setting("number", least=1e-6, most=1e9)
    prune: bool = setting("flag", True)
    batch_size: int = setting("whole", 32, least=1, most=1 << 20)
    seed: int = setting("whole", 0, least=0, most=(1 << 31) - 1)

    sections = ("Global",)
    unused: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("use_gpu", "use_cuda", "place", "deploy_hardware", "deploy_backend"), OTHER),
        "input_name": "inputs are named by the model",
        **dict.fromkeys(("reader_config", "dataset_config", "dataset_dir", "data_dir", "image_dir",
        "val_dir", "num_workers", "return_list", "img_size", "resize_size"),
        "data is named by `data` and `evaluation`"),
        "Evaluation": "the result is always evaluated"}

    @property
    def is_of_speed(self) -> bool:
        """Whether the result has to be faster."""
        return self.target_speedup is not None or self.target_latency_ms is not None

    def contradiction(self) -> str | None:
        if self.target_speedup is not None and self.target_latency_ms is not None:
            return "target_speedup and target_latency_ms both say how fast it has to be: give one"
        return None
