# SPDX-License-Identifier: Apache-2.0
"""The stages that train: a float model from its teacher, and one that rounds as its integers will."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

from lite.convert import SPARSE_THRESHOLD, convert_to_bytes
from lite.errors import InputError
from lite.ir import Graph
from lite.quant import StaticPTQ
from lite.slim.act.cutting import Tail, cut
from lite.slim.act.plan import LEAST_STEPS
from lite.slim.act.stages import Task, graph_of
from lite.slim.act.work import Made, Stage
from lite.slim.counting import flops
from lite.slim.distillation import Distillation, distill
from lite.slim.pruning import GMP, Masks, prune_channels, total_sparse
from lite.slim.pruning.sparsity import weighted_layers
from lite.slim.qat import QAT, prepare
from lite.slim.strategies.prune_channels import PruneChannels
from lite.slim.strategies.prune_n_of_m import PruneNofM
from lite.slim.strategies.prune_weights import PruneWeights
from lite.slim.strategies.train import Train
from lite.slim.torch_bridge import GraphModule, to_torch
from lite.slim.training import TrainConfig, TrainResult

CHECKPOINT = "checkpoint.pt"
TINY = 1e-12  # of weights that are 0 but for rounding
FEW_SAMPLES = 4  # that ranges come from where only the speed matters
EVALUATIONS = 10  # of a training, where nothing says how many
RATES = {"qat": 1e-5, "float": 5e-3}  # where nothing says the learning rate


def distilled(task: Task, base: Stage | None = None) -> Stage:
    """The float model, trained on what its teacher says."""

    def make(folder: Path) -> Made:
        body, tail = cut(graph_of(task, base))
        net = to_torch(body)
        result = _trained(task, net, tail, "float", folder)
        graph = _whole(net, tail)
        nb = convert_to_bytes(graph)[0]
        return nb, graph, task.facts(nb, _said(result))

    return task.work.stage("distill", _facts(task, base), make)


def sparse(task: Task) -> Stage:
    """The float model with weights at 0, which are left out of 1 x 1 convolutions where most are."""

    def make(folder: Path) -> Made:
        body, tail = cut(task.graph)
        net = to_torch(body)
        result = _trained(task, net, tail, "float", folder, _masks(task, net))
        graph = _whole(net, tail)
        nb = convert_to_bytes(graph, sparse_threshold=SPARSE_THRESHOLD)[0]
        return nb, graph, task.facts(nb, f"{total_sparse(graph):.0%} of the weights are 0; {_said(result)}")

    return task.work.stage("sparse", _facts(task, None), make)


def _masks(task: Task, net: GraphModule) -> Masks:
    """What sets weights to 0, as was asked for."""
    if task.job.has(PruneNofM):
        pattern = task.job.get(PruneNofM)
        others = [layer.name for layer in weighted_layers(net.graph) if pattern.layers and not
                  {layer.name, layer.node.name, layer.constant.name} & {*pattern.layers}]
        return Masks(net, n_of_m=(pattern.n, pattern.m), skip=others)
    wanted = task.job.get(PruneWeights)
    if wanted.mode == "threshold":
        return Masks(net, threshold=wanted.threshold, local=wanted.local, only=wanted.only)
    schedule = _schedule(task, wanted) if wanted.schedule == "gmp" else None
    return Masks(net, wanted.ratio, local=wanted.local, only=wanted.only, schedule=schedule)


def _schedule(task: Task, wanted: PruneWeights) -> GMP:
    """The schedule that was asked for; else one that rises through the first half of the training.

    Raises
    ------
    InputError
        If it ends behind the training.
    """
    steps = _config(task, RATES["float"]).train_iter or 1
    half = max(1, steps // 2)
    usual = {"pruning_iterations": half, "tunning_iterations": steps - half, "pruning_steps": min(100, half)}
    given = {key: value for key, value in wanted.gmp.items() if key != "resume_iteration"}
    schedule = GMP(**{**usual, **given})
    ends = schedule.stable_iterations + schedule.pruning_iterations
    if ends > steps:
        raise InputError(f"it reaches its ratio after {ends} steps, and the training has {steps}",
                         where="UnstructurePrune.gmp_config", hint="say a greater TrainConfig.train_iter")
    return schedule


def pruned(task: Task) -> Stage:
    """The float model with fewer channels, and trained to make up for them."""

    def make(folder: Path) -> Made:
        body, tail = cut(task.graph)
        smaller = _with_fewer_channels(task, body)
        net = to_torch(smaller)
        result = _trained(task, net, tail, "float", folder)
        graph = _whole(net, tail)
        nb = convert_to_bytes(graph)[0]
        left = flops(smaller) / max(1, flops(body))
        return nb, graph, task.facts(nb, f"{left:.0%} of the multiply-adds left; {_said(result)}")

    channels = dataclasses.asdict(task.job.get(PruneChannels))
    return task.work.stage("prune", {**_facts(task, None), "channels": channels}, make)


def cut_down(task: Task) -> Stage:
    """Integers of the model with fewer channels, not trained: for its speed alone."""

    def make(folder: Path) -> Made:
        assert task.data is not None
        body, tail = cut(task.graph)
        smaller = _with_fewer_channels(task, body)
        whole = smaller if tail is None else tail.behind(smaller)
        samples = task.data.spread(FEW_SAMPLES)
        nb = convert_to_bytes(whole, quantize=StaticPTQ(samples, seed=task.goal.seed))[0]
        return nb, None, {}

    return task.work.stage("speed", {"channels": dataclasses.asdict(task.job.get(PruneChannels))}, make)


def _with_fewer_channels(task: Task, body: Graph) -> Graph:
    task.tell("pruning channels")
    wanted = task.job.get(PruneChannels)
    if not wanted.layers:
        return prune_channels(body, wanted.ratio[0], wanted.criterion)
    ratios = wanted.ratio * len(wanted.layers) if len(wanted.ratio) == 1 else wanted.ratio
    return prune_channels(body, dict(zip(wanted.layers, ratios)), wanted.criterion)


def rounded(task: Task, settings: QAT, base: Stage | None = None) -> Stage:
    """Integers of a model that was trained with rounding."""

    def make(folder: Path) -> Made:
        assert task.data is not None
        body, tail = cut(graph_of(task, base))
        net = prepare(body, task.data.samples(), settings, progress=task.tell)
        zeros = Masks(net, threshold=TINY) if task.job.has(PruneWeights, PruneNofM) else None  # they stay so
        result = _trained(task, net, tail, "qat", folder, zeros)
        nb = convert_to_bytes(_whole(net, tail))[0]
        layers = len(net.quantization["layers"])
        return nb, None, task.facts(nb, f"{layers} layers on integers; {_said(result)}")

    return task.work.stage("qat", {**_facts(task, base), "qat": dataclasses.asdict(settings)}, make)


def _facts(task: Task, base: Stage | None) -> dict[str, Any]:
    """What decides about a training."""
    zeros = [[type(found).__name__, dataclasses.asdict(found)] for found in task.job.strategies
             if isinstance(found, (PruneWeights, PruneNofM))]
    return {"base": base and base.key, "zeros": zeros, "train": dataclasses.asdict(task.job.get(Train)),
            "distillation": dataclasses.asdict(_distillation(task)), "batch_size": task.goal.batch_size}


def _distillation(task: Task) -> Distillation:
    """As it was asked for; else of answers, where outputs are rows of scores, and of values where not."""
    if task.job.has(Distillation):
        return task.job.get(Distillation)
    shapes = [value.type.shape for value in task.graph.outputs]
    has_answers = all(sum(extent != 1 for extent in shape[1:]) == 1 for shape in shapes)
    return Distillation(loss="kl" if has_answers else "l2")


def _trained(task: Task, net: GraphModule, tail: Tail | None, kind: str, folder: Path,
             masks: Masks | None = None) -> TrainResult:
    """Train a net on its teacher's outputs, which is the float model unless another one is named."""
    assert task.data is not None
    settings = _distillation(task)
    config = _config(task, RATES[kind])
    evaluate = functools.partial(_score, task, tail)
    task.tell(f"training {config.train_iter} steps")
    result = distill(net, None if settings.teacher_model_dir else cut(task.graph)[0], task.data.batches(),
                     settings, config, checkpoint=folder / CHECKPOINT,
                     evaluate=evaluate if masks is None else masks.when_done(evaluate),
                     after_step=() if masks is None else (masks,))
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return result


def _score(task: Task, tail: Tail | None, net: GraphModule) -> float:
    """How good a net is as it would be deployed."""
    return task.judge(convert_to_bytes(_whole(net, tail))[0]).number


def _config(task: Task, rate: float) -> TrainConfig:
    assert task.data is not None
    wanted, batches = task.job.get(Train), task.data.batch_count
    steps = wanted.train_iter or (wanted.epochs or 0) * batches or max(LEAST_STEPS, batches)
    same = {name: getattr(wanted, name) for name in ("optimizer", "momentum", "weight_decay", "schedule",
                                                     "warmup_iter", "logging_iter")}
    return TrainConfig(train_iter=steps, learning_rate=wanted.learning_rate or rate, seed=task.goal.seed,
                       eval_iter=wanted.eval_iter or max(1, -(-steps // EVALUATIONS)), **same)


def _whole(net: GraphModule, tail: Tail | None) -> Graph:
    graph = net.to_graph()
    return graph if tail is None else tail.behind(graph)


def _said(result: TrainResult) -> str:
    first = sum(result.losses[:10]) / max(1, len(result.losses[:10]))
    last = sum(result.losses[-10:]) / max(1, len(result.losses[-10:]))
    return f"{result.steps} steps, loss {first:.3g} -> {last:.3g}, best after {result.best_step}"
