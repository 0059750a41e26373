# SPDX-License-Identifier: Apache-2.0
"""From stage to stage until the goal is reached, or as the strategies say."""

from __future__ import annotations

import dataclasses
import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

from lite.slim.act import stages
from lite.slim.act.judge import Score
from lite.slim.act.latency import run_times_ms
from lite.slim.act.plan import RATIOS
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

    Parameters
    ----------
    task : Task
    floats : Stage
    is_trial : bool
        Go through all steps, and through each as quickly as can be.

    Attributes
    ----------
    floats : Stage
    tried : list of Stage
        In order, the float one first.
    notes : list of str
        What was not done, and why.
    """

    def __init__(self, task: Task, floats: Stage, *, is_trial: bool = False) -> None:
        self.task, self.floats, self._is_trial = task, floats, is_trial
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
        """Whether a stage's model is as fast as wanted; both are timed in turns, once."""
        goal = self.task.goal
        if not goal.is_of_speed:
            return True
        before, after = self._times_ms(stage)
        if goal.target_latency_ms is not None:
            return after <= goal.target_latency_ms
        return before / after >= (goal.target_speedup or 1.0)

    def _times_ms(self, stage: Stage) -> tuple[float, float]:
        """Of the float model and a stage's."""
        both, data = [self.floats.nb, stage.nb], self.task.data
        before, after = self.task.work.remembered("times", stage.key, lambda: run_times_ms(both, data))
        return float(before), float(after)

    def _try(self, stage: Stage) -> Stage:
        self.tried.append(stage)
        return stage

    def _asked(self) -> Stage:
        """What the strategies say, integers last."""
        task, job, base = self.task, self.task.job, None
        if job.has(PruneWeights, PruneNofM):
            base = self._try(trained().sparse(task))
        elif job.has(PruneChannels):
            base = self._try(trained().pruned(task))
        elif job.has(Distillation) and not job.has(QAT):
            base = self._try(trained().distilled(task))
        if job.has(QAT):
            return self._try(trained().rounded(task, job.get(QAT), base))
        if job.has(Search):
            return self._try(stages.searched(task, job.get(Search), lambda score: False, base))
        if job.has(PTQ):
            return self._try(stages.quantized(task, job.get(PTQ), base))
        assert base is not None
        return base

    def _automatic(self) -> tuple[Stage, bool]:
        reached = None
        for base in self._bases():
            made = []
            for make in self._ways(base):
                made.append(self._try(make()))
                reached = reached or (made[-1] if self.is_enough(made[-1]) else None)
                if reached is not None and not self._is_trial:
                    return reached, True
            if not any(self.keeps_score(score_of(stage)) for stage in made):
                break  # with fewer channels it would not either
        if not self.task.goal.is_of_speed:
            fallback = self._try(stages.weights_alone(self.task))
            reached = reached or (fallback if self.is_enough(fallback) else None)
        return (reached, True) if reached is not None else (self._best_of_those_that_fail(), False)

    def _best_of_those_that_fail(self) -> Stage:
        good = [stage for stage in self.tried if self.keeps_score(score_of(stage))] or [self.floats]
        wanted = "fastest" if self.task.goal.is_of_speed else "smallest"
        self.notes.append(f"nothing reaches the goal: what keeps the score and is {wanted} is written")
        if self.task.goal.is_of_speed:
            return min(good, key=lambda stage: self._times_ms(stage)[1] / self._times_ms(stage)[0])
        return min(good, key=lambda stage: len(stage.nb))

    def _bases(self) -> Iterator[Stage | None]:
        """The model as it is, if integers of it can be fast enough; else with fewer and fewer channels."""
        quick = stages.quantized(self.task, PTQ())
        if self.is_fast(quick):
            yield None
            return
        self._try(quick)
        if not self.task.goal.prune or not _has_torch():
            self.notes.append("integers alone are not fast enough, and pruning is "
                              + ("not wanted" if _has_torch() else "trained by PyTorch: pip install torch"))
            return
        for ratio in RATIOS:
            wanted = dataclasses.replace(self.task, job=self.task.job.having(PruneChannels(ratio=(ratio,))))
            if self.is_fast(trained().cut_down(wanted)):
                yield self._try(trained().pruned(wanted))
        self.notes.append(f"pruning was tried to {max(RATIOS):.0%} of the channels")

    def _ways(self, base: Stage | None) -> Iterator[Callable[[], Stage]]:
        """Integers, by rising cost."""
        task, search = self.task, Search(max_quant_count=1) if self._is_trial else Search()
        yield lambda: stages.quantized(task, PTQ(), base)
        if importlib.util.find_spec("optuna") is not None:
            yield lambda: stages.searched(task, search, self.keeps_score, base)
        else:
            self.notes.append("no search for settings: it needs optuna (pip install optuna)")
        if _has_torch():
            yield lambda: trained().rounded(task, task.job.get(QAT), base)
        else:
            self.notes.append("no training: it needs PyTorch (pip install torch)")


def trained() -> Any:
    """The stages that train, which load PyTorch."""
    from lite.slim.act import trained

    return trained


def _has_torch() -> bool:
    return importlib.util.find_spec("torch") is not None
