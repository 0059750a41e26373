# SPDX-License-Identifier: Apache-2.0
"""What a compression would do, step by step, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from lite.convert import megabytes
from lite.ir import Graph
from lite.slim.act.cutting import cut
from lite.slim.act.data import Data
from lite.slim.act.job import Job
from lite.slim.counting import flops
from lite.slim.distillation.settings import Distillation
from lite.slim.qat.settings import QAT
from lite.slim.strategies.goal import Goal
from lite.slim.strategies.prune_channels import PruneChannels
from lite.slim.strategies.prune_n_of_m import PruneNofM
from lite.slim.strategies.prune_weights import PruneWeights
from lite.slim.strategies.ptq import PTQ
from lite.slim.strategies.search import Search
from lite.slim.strategies.train import Train

RATIOS = (0.25, 0.4, 0.5, 0.6)  # of channels, tried in turn where a model has to become faster
LEAST_STEPS = 300  # of a training, where nothing says how many


@dataclass(frozen=True)
class Step:
    """One stage.

    Attributes
    ----------
    stage : str
    does, why : str
    """

    stage: str
    does: str
    why: str


def steps_of(job: Job, data: Data | None) -> list[Step]:
    """The stages of a job in order."""
    first = Step("float", "convert the model as it is, score it", "all others are held against it")
    if data is None:
        return [first, Step("weights", "weights in 8 bits, sums in float", "nothing else goes without data")]
    return [first, *(_automatic(job, data) if job.is_automatic else _asked(job))]


def _automatic(job: Job, data: Data) -> list[Step]:
    search = job.get(Search)
    steps = [Step("ptq", f"integers, ranges from {data.rows} samples", "it takes seconds and often suffices"),
             Step("search", f"PTQ with up to {search.max_quant_count} other settings",
                  "if PTQ loses too much: other ranges cost no speed"),
             Step("qat", f"train {_length(job)} with rounding, from the float model's outputs",
                  "if no settings do: weights that know of the rounding lose less")]
    goal = job.get(Goal)
    if goal.prune and goal.is_of_speed:
        parts = " or ".join(f"{ratio:.0%}" for ratio in RATIOS)
        steps.append(Step("prune", f"take out {parts} of the channels and train; then integers as above",
                          "if integers alone are too slow"))
    last = Step("weights", "weights in 8 bits, sums in float", "if nothing else keeps the score")
    return steps if goal.is_of_speed else [*steps, last]


def _asked(job: Job) -> list[Step]:
    steps = []
    if job.has(PruneChannels):
        channels = job.get(PruneChannels)
        where = f"of {len(channels.layers)} layers" if channels.layers else "of each layer"
        ratio = ", ".join(f"{ratio:.0%}" for ratio in channels.ratio)
        steps.append(Step("prune", f"take out {ratio} of the channels {where} by {channels.criterion}, train "
                          f"{_length(job)}", "ChannelPrune: fewer channels are faster anywhere"))
    if job.has(PruneWeights, PruneNofM):
        section = "UnstructurePrune" if job.has(PruneWeights) else "ASPPrune"
        steps.append(Step("sparse", f"set weights to 0 while training {_length(job)}",
                          f"{section}: the engine leaves zeros out of 1 x 1 convolutions in float"))
    if job.has(Distillation) and not job.has(QAT, PruneChannels, PruneWeights, PruneNofM):
        steps.append(Step("distill", f"train {_length(job)} from a teacher", "Distillation"))
    if job.has(QAT):
        steps.append(Step("qat", f"train {_length(job)} with rounding", "Quantization; integers come last"))
    elif job.has(Search):
        steps.append(Step("search", f"PTQ with the best of {job.get(Search).max_quant_count} settings",
                          "HyperParameterOptimization"))
    elif job.has(PTQ):
        steps.append(Step("ptq", f"integers by {job.get(PTQ).algo or 'the usual ranges'}", "QuantPost"))
    return steps


def _length(job: Job) -> str:
    train = job.get(Train)
    if train.train_iter is not None:
        return f"{train.train_iter} steps"
    if train.epochs is None:
        return f"an epoch, or {LEAST_STEPS} steps,"
    return f"{train.epochs} epoch{'s' * (train.epochs != 1)}"


def explained(job: Job, graph: Graph, data: Data | None, metric: str) -> str:
    """All of it as text."""
    return "\n".join(_lines(job, graph, data, metric))


def _lines(job: Job, graph: Graph, data: Data | None, metric: str) -> Sequence[str]:
    goal, train = job.get(Goal), job.get(Train)
    inputs = ", ".join(f"{value.name}: {value.type}" for value in graph.inputs)
    size = sum(value.array.nbytes for value in graph.constants() if value.array is not None)
    seen = f"{data.rows} samples of {data.description}" if data is not None else "none"
    labels = "" if data is None else ", with labels" if data.has_labels else ", without labels"
    enough = (f"a {metric} of {train.target_metric:g}" if train.target_metric is not None
              else f"at most {goal.max_loss:.3g} of the float model's {metric} lost")
    fast = f", {goal.target_speedup:g} times as fast" if goal.target_speedup is not None else ""
    if goal.target_latency_ms is not None:
        fast = f", at most {goal.target_latency_ms:g} ms a run"
    lines = [f"model  {graph.name} ({inputs}), {len(graph.nodes)} nodes, {megabytes(size)} of constants, "
             f"{flops(graph):,} multiply-adds",
             f"data   {seen}{labels}", f"judge  {metric}, on the real runtime", f"goal   {enough}{fast}"]
    tail = cut(graph)[1] if job.trains or job.is_automatic else None
    if tail is not None:
        lines.append(f"cut    {', '.join(tail.first)} and what follows is left out of training and put back")
    way = "chosen as it goes, the first that reaches the goal is kept" if job.is_automatic else "as asked for"
    lines += ["", f"steps, {way}:"]
    lines += [f"  {number}. {step.stage:<8} {step.does}; {step.why}"
              for number, step in enumerate(steps_of(job, data), 1)]
    notes = [*job.notes, *idle(job)]
    return [*lines, *(["", *(f"note   {note}" for note in notes)] if notes else [])]


def idle(job: Job) -> list[str]:
    """What was asked for and has no effect beside the rest."""
    is_for_scores = dataclasses.replace(Train(), origin_metric=job.get(Train).origin_metric,
                                        target_metric=job.get(Train).target_metric)
    if job.has(Train) and job.get(Train) != is_for_scores and not job.trains and not job.is_automatic:
        return ["TrainConfig has no effect but on scores: nothing of what is asked for trains"]
    return []
