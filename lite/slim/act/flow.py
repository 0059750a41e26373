# SPDX-License-Identifier: Apache-2.0
"""From stage to stage until the goal is reached, or as the strategies say."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator

from lite.errors import InputError
from lite.slim.act import stages
from lite.slim.act.judge import Score
from lite.slim.act.latency import run_times_ms
from lite.slim.act.stages import Task, score_of
from lite.slim.act.work import Stage
from lite.slim.distillation.settings import Distillation
from lite.slim.qat.settings import QAT
from lite.slim.strategies.prune_channels import PruneChannels
from lite.slim.strategies.prune_n_of_m import PruneNofM
from lite.slim.strategies.prune_weights import PruneWeights
from lite.slim.strategies.ptq import PTQ
from lite.slim.strategies.search import Search
from lite.slim.strategies.train import Train


class Flow:
    """One compression, from the float model to the one that is kept.

    Attributes
    ----------
    floats : Stage
    tried : list of Stage
        In order, the float one first.
    notes : list of str
        What was not done, and why.
    """

    def __init__(self, task: Task, floats: Stage) -> None:
        self.task, self.floats = task, floats
        self.tried = [floats]
        self.notes: list[str] = []

    def run(self) -> tuple[Stage, bool]:
        """The stage that is kept, and whether it reaches the goal."""
        if self.task.data is None:
            kept = self._try(stages.weights_alone(self.task))
        elif not self.task.job.is_automatic:
            kept = self._asked()
        else:
            return self._automatic()
        return kept, self.is_enough(kept)

    def is_enough(self, stage: Stage) -> bool:
        """Whether a stage reaches the goal."""
        return self.keeps_score(score_of(stage)) and self.is_fast(stage)

    def keeps_score(self, score: Score) -> bool:
        target = self.task.job.get(Train).target_metric
        if target is not None:
            return score.value >= target
        return score.loss(score_of(self.floats)) <= self.task.goal.max_loss

    def is_fast(self, stage: Stage) -> bool:
        goal = self.task.goal
        if goal.target_speedup is None and goal.target_latency_ms is None:
            return True
        before, after = run_times_ms([self.floats.nb, stage.nb], self.task.data)
        if goal.target_latency_ms is not None:
            return after <= goal.target_latency_ms
        return before / after >= (goal.target_speedup or 1.0)

    def _try(self, stage: Stage) -> Stage:
        self.tried.append(stage)
        return stage

    def _asked(self) -> Stage:
        """What the strategies say, integers last."""
        task, job, base = self.task, self.task.job, None
        if job.has(PruneChannels, PruneWeights, PruneNofM):
            raise InputError("pruning does not exist yet", where="config", hint="Distillation and QAT do")
        if job.has(Distillation) and not job.has(QAT):
            from lite.slim.act import trained

            base = self._try(trained.distilled(task))
        if job.has(QAT):
            from lite.slim.act import trained

            return self._try(trained.rounded(task, job.get(QAT)))
        if job.has(Search):
            return self._try(stages.searched(task, job.get(Search), lambda score: False, base))
        if job.has(PTQ):
            return self._try(stages.quantized(task, job.get(PTQ), base))
        assert base is not None
        return base

    def _automatic(self) -> tuple[Stage, bool]:
        for make in self._ways():
            stage = self._try(make())
            if self.is_enough(stage):
                return stage, True
        fallback = self._try(stages.weights_alone(self.task))
        if self.is_enough(fallback):
            return fallback, True
        good = [stage for stage in self.tried if self.keeps_score(score_of(stage))]
        self.notes.append("nothing reaches the goal: what keeps the score and is smallest is written")
        return min(good or [self.floats], key=lambda stage: len(stage.nb)), False

    def _ways(self) -> Iterator[Callable[[], Stage]]:
        """Integers, by rising cost."""
        task = self.task
        yield lambda: stages.quantized(task, PTQ())
        if importlib.util.find_spec("optuna") is not None:
            yield lambda: stages.searched(task, task.job.get(Search), self.keeps_score)
        else:
            self.notes.append("no search for settings: it needs optuna (pip install optuna)")
        if importlib.util.find_spec("torch") is not None:
            from lite.slim.act import trained

            yield lambda: trained.rounded(task, task.job.get(QAT))
        else:
            self.notes.append("no training: it needs PyTorch (pip install torch)")
