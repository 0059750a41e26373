# SPDX-License-Identifier: Apache-2.0
"""The stages that train: a float model from its teacher, and one that rounds as its integers will."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

from lite.convert import convert_to_bytes
from lite.ir import Graph
from lite.slim.act.cutting import Tail, cut
from lite.slim.act.plan import LEAST_STEPS
from lite.slim.act.stages import Task, graph_of
from lite.slim.act.work import Made, Stage
from lite.slim.distillation import Distillation, DistillLoss
from lite.slim.qat import QAT, prepare
from lite.slim.strategies.train import Train
from lite.slim.torch_bridge import GraphModule, to_torch
from lite.slim.training import TrainConfig, TrainResult, train

CHECKPOINT = "checkpoint.pt"
EVALUATIONS = 10  # of a training, where nothing says how many
RATES = {"qat": 1e-4, "float": 1e-3}  # where nothing says the learning rate


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


def rounded(task: Task, settings: QAT, base: Stage | None = None) -> Stage:
    """Integers of a model that was trained with rounding."""

    def make(folder: Path) -> Made:
        assert task.data is not None
        body, tail = cut(graph_of(task, base))
        net = prepare(body, task.data.samples(), settings, progress=task.tell)
        result = _trained(task, net, tail, "qat", folder)
        nb = convert_to_bytes(_whole(net, tail))[0]
        layers = len(net.quantization["layers"])
        return nb, None, task.facts(nb, f"{layers} layers on integers; {_said(result)}")

    return task.work.stage("qat", {**_facts(task, base), "qat": dataclasses.asdict(settings)}, make)


def _facts(task: Task, base: Stage | None) -> dict[str, Any]:
    """What decides about a training."""
    return {"base": base and base.key, "train": dataclasses.asdict(task.job.get(Train)),
            "distillation": dataclasses.asdict(task.job.get(Distillation)),
            "batch_size": task.goal.batch_size}


def _trained(task: Task, net: GraphModule, tail: Tail | None, kind: str, folder: Path) -> TrainResult:
    """Train a net on its teacher's outputs, which is the float model unless another one is named."""
    assert task.data is not None
    settings = task.job.get(Distillation)
    teacher = None if settings.teacher_model_dir else cut(task.graph)[0]
    loss = DistillLoss(net, teacher, settings)
    config = _config(task, RATES[kind])
    own = getattr(net, "parameter_groups", None)
    groups = own(config.learning_rate) if own is not None else [{"params": list(net.parameters())}]
    adapters = list(loss.parameters())
    task.tell(f"training {config.train_iter} steps")
    result = train(net, task.data.batches(), loss, config, checkpoint=folder / CHECKPOINT,
                   evaluate=functools.partial(_score, task, tail),
                   parameters=[*groups, *([{"params": adapters}] if adapters else [])])
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return result


def _score(task: Task, tail: Tail | None, net: GraphModule) -> float:
    """How good a net is as it would be deployed."""
    score = task.judge(convert_to_bytes(_whole(net, tail))[0])
    return score.value - 1e-3 * min(score.distance, 1.0)


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
