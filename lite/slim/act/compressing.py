# SPDX-License-Identifier: Apache-2.0
"""Automatic compression: model in, smaller and faster .nb out."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shlex
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import lite
from lite.convert import Convertible, Source, convert_to_bytes, load_graph
from lite.errors import InputError
from lite.ir import Graph, Preprocess
from lite.nb.writer import write_atomically
from lite.quant.analysis import ENOUGH_SAMPLES
from lite.session import Model
from lite.slim.act import stages
from lite.slim.act.data import Data
from lite.slim.act.digests import digest_of_function, digest_of_graph
from lite.slim.act.flow import Flow
from lite.slim.act.job import Config, Job, job_of
from lite.slim.act.judge import Agreement, Evaluate, Judge, top1
from lite.slim.act.outcome import Outcome, Tried, named
from lite.slim.act.plan import explained, idle
from lite.slim.act.stages import Task
from lite.slim.act.work import Stage, Work
from lite.slim.analysis import blame, cost_by_layer, measure, weight_distributions
from lite.slim.report import Report, write_report
from lite.slim.strategies.goal import Goal
from lite.slim.strategies.search import Search
from lite.slim.strategies.train import Train

AGREEMENT = "agreement with the float model"
KNOWN_CLOSELY = 0.005  # how far origin_metric may be from what is measured


def compress(model: Convertible | None = None, out: str | os.PathLike[str] | None = None,
             config: Config = None, *, train_data: Any = None, evaluate: Evaluate | None = None,
             work: str | os.PathLike[str] | None = None, param_file: Source | None = None,
             input_shape: Mapping[str, Sequence[int]] | None = None, preprocess: Preprocess | None = None,
             dry_run: bool = False, progress: Callable[[str], None] | None = None) -> Outcome:
    """Compress a model until it is small and fast enough, as long as it keeps its score.

    Parameters
    ----------
    model : path, bytes, Graph, or module of slim.to_torch, optional
        A float model; left out: the config's.
    out : path, optional
        The .nb file to write; left out: the config's. Beside it, a folder ending in ".act" keeps what is
        finished, and the report; a run that was interrupted goes on from there.
    config : path of a YAML file, or sequence of strategies, optional
        What to do. Left out, or with nothing but ``Goal`` and ``Train``: PTQ, then a search for its settings,
        then training with rounding, until the goal is reached; with a goal of speed also pruning.
    train_data : path, array, dict of arrays, or iterable of batches, optional
        With or without labels. Arrays and files hold samples, elements of an iterable are batches: arrays,
        dicts by input name, or pairs of these and labels. Without any, weights alone are quantized.
    evaluate : callable(lite.Session) -> float, optional
        A score, the higher the better; of float and integer models alike. Left out: the part of the answers
        that are the float model's on ``train_data``, or how near outputs are.
    work : path, optional
        In place of the folder beside ``out``.
    param_file, input_shape, preprocess
        As of ``lite.convert``.
    dry_run : bool
        Take one batch through every step, and write nothing.
    progress : callable(str), optional
        Hears what is done now.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        If settings are wrong or contradict each other, or data does not fit the model.
    CalibrationError
        If data is empty or unreadable, or ``evaluate`` raises or gives no finite number.
    FileError
        If something cannot be written; what was finished before stays.
    """
    start, tell = time.perf_counter(), progress or (lambda message: None)
    job = job_of(config)
    path = None if dry_run else _output(out, job)
    graph = _loaded(model, job, param_file, input_shape, preprocess)
    data = _data(train_data, job, graph)
    if dry_run:
        job, data = _shortened(job, data)
    with _folder(work or job.work, path) as folder:
        task = _task(job, graph, data, evaluate, folder, tell)
        flow = Flow(task, stages.as_it_is(task), is_trial=dry_run)
        chosen, is_reached = flow.run()
        tell("timing")
        names = named(flow.tried)
        kept = names[flow.tried.index(chosen)]
        outcome = Outcome(_called(model, job, graph), "", task.metric, _measured(flow, names), kept,
                          _goal(job), is_reached,
                          [*job.notes, *idle(job), *_doubts(job, flow.floats), *flow.notes])
        outcome.time_s = time.perf_counter() - start
        if path is not None:
            write_atomically(path, chosen.nb)
            outcome.path = str(path)
            tell("reporting")
            outcome.files = [str(file) for file in write_report(
                _report(outcome, task, chosen.nb, flow.floats.nb, config), folder / "report.json")]
        return outcome


def explain(model: Convertible | None = None, config: Config = None, *, train_data: Any = None,
            evaluate: Evaluate | None = None, param_file: Source | None = None,
            input_shape: Mapping[str, Sequence[int]] | None = None,
            preprocess: Preprocess | None = None) -> str:
    """What ``compress`` would do with these arguments, and why; nothing is run but the model's importer."""
    job = job_of(config)
    graph = _loaded(model, job, param_file, input_shape, preprocess)
    data = _data(train_data, job, graph)
    has_labels = job.evaluation is not None and job.evaluation.labels is not None
    metric = getattr(evaluate, "__name__", "evaluate") if evaluate else "top-1" if has_labels else AGREEMENT
    return explained(job, graph, data, metric)


def _output(out: str | os.PathLike[str] | None, job: Job) -> Path:
    given = out if out is not None else job.output
    if given is None:
        raise InputError("nothing says where the .nb shall be written", where="out",
                         hint="say out=..., or `output:` in the file")
    path = Path(given)
    return path if path.suffix == ".nb" else path.with_name(path.name + ".nb")


def _loaded(model: Convertible | None, job: Job, param_file: Source | None,
            input_shape: Mapping[str, Sequence[int]] | None, preprocess: Preprocess | None) -> Graph:
    given = model if model is not None else job.model
    if given is None:
        raise InputError("nothing says which model is meant", where="model",
                         hint="give it, or say `model:` in the file")
    if model is not None and job.model is not None:
        raise InputError(f"it is given, and the file names {job.model}", where="model", hint="keep one")
    graph = load_graph(given, param_file=param_file or job.params, input_shape=input_shape or job.input_shape)
    if any(node.op.name in ("quantize", "dequantize") for node in graph.nodes):
        raise InputError("the model is quantized already", where=graph.name,
                         hint="lite opt converts it as it is; compression begins with a float model")
    rules = preprocess or (Preprocess(**_given(job.image)) if job.image is not None else None)
    graph.preprocess = rules or graph.preprocess
    return graph


def _called(model: Convertible | None, job: Job, graph: Graph) -> str:
    given = model if model is not None else job.model
    return str(given) if isinstance(given, (str, os.PathLike)) else f"graph {graph.name!r}"


def _given(settings: Any) -> dict[str, Any]:
    return {name: value for name, value in dataclasses.asdict(settings).items() if value is not None}


def _data(train_data: Any, job: Job, graph: Graph) -> Data | None:
    if train_data is not None and job.data is not None:
        raise InputError("it is given, and the file has `data`", where="train_data", hint="keep one")
    given = train_data if train_data is not None else job.data
    if given is None and not job.is_automatic:
        raise InputError("the strategies that were asked for need data", where="train_data",
                         hint="give samples, with or without labels")
    return None if given is None else Data(given, graph, job.get(Goal).batch_size)


def _shortened(job: Job, data: Data | None) -> tuple[Job, Data | None]:
    """As little as goes through everything: a batch, a step, a trial."""
    kept = [found for found in job.strategies if not isinstance(found, (Train, Search))]
    if job.has(Search):
        kept.append(dataclasses.replace(job.get(Search), max_quant_count=1))
    train = dataclasses.replace(job.get(Train), epochs=None, train_iter=1, warmup_iter=0)
    few = None if data is None else data.shortened(job.get(Goal).batch_size)
    return dataclasses.replace(job, strategies=(*kept, train)), few


@contextlib.contextmanager
def _folder(work: str | os.PathLike[str] | None, path: Path | None) -> Iterator[Path]:
    """Where stages are kept; one that goes again if nothing is to be written."""
    if path is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    else:
        yield Path(work or path.with_suffix(".act"))


def _task(job: Job, graph: Graph, data: Data | None, evaluate: Evaluate | None, folder: Path,
          tell: Callable[[str], None]) -> Task:
    """The task with its judge: the caller's function, labels, or agreement with the float model."""
    if evaluate is not None and job.evaluation is not None:
        raise InputError("it is given, and the file has `evaluation`", where="evaluate", hint="keep one")
    own = None if job.evaluation is None else Data(job.evaluation, graph)
    facts = {"lite": lite.__version__, "model": digest_of_graph(graph), "data": data and data.digest(),
             "seed": job.get(Goal).seed, "judged": own and own.digest(),
             "evaluate": evaluate and digest_of_function(evaluate)}
    judge: Judge | Agreement
    if evaluate is not None:
        judge = Judge(evaluate)
    elif own is not None and own.labels is not None:
        judge = Judge(top1(list(own.samples()), own.labels))
    else:
        judge = Agreement(convert_to_bytes(graph)[0], own or data or Data(_noise(graph), graph))
    return Task(job, graph, data, judge, judge.metric, Work(folder, facts), tell)


def _noise(graph: Graph) -> list[dict[str, Any]]:
    """Random inputs, where there is nothing else to compare outputs on."""
    session = Model(convert_to_bytes(graph)[0]).session()
    shapes = {info.name: tuple(extent if isinstance(extent, int) else 1 for extent in info.shape)
              for info in session.inputs}
    session.resize(shapes)
    return [session.random_feeds(seed) for seed in range(8)]


def _goal(job: Job) -> str:
    goal, train = job.get(Goal), job.get(Train)
    score = (f"a score of {train.target_metric:g}" if train.target_metric is not None
             else f"at most {goal.max_loss:.3g} of the score lost")
    if goal.target_speedup is not None:
        return f"{score}, {goal.target_speedup:g} times as fast"
    if goal.target_latency_ms is not None:
        return f"{score}, at most {goal.target_latency_ms:g} ms a run"
    return score


def _doubts(job: Job, floats: Stage) -> list[str]:
    known, score = job.get(Train).origin_metric, floats.facts["score"]
    if known is None or abs(known - score) <= KNOWN_CLOSELY * abs(known):
        return []
    return [f"the float model scores {score:.4f} here, and origin_metric says {known:g}: are data and "
            "preprocessing those of its training?"]


def _measured(flow: Flow, names: Sequence[str]) -> list[Tried]:
    """What was tried, all of it timed side by side."""
    shapes = None if flow.task.data is None else flow.task.data.shapes
    found = measure({name: stage.nb for name, stage in zip(names, flow.tried)}, input_shapes=shapes)
    floats = stages.score_of(flow.floats)
    return [Tried(name, dataclasses.replace(measured, accuracy=stage.facts["score"]),
                  stages.score_of(stage).loss(floats), stage.facts["text"], stage.was_done)
            for name, measured, stage in zip(names, found, flow.tried)]


def _blamed(task: Task, floats: bytes, nb: bytes) -> dict[str, float]:
    """What each layer adds, in dB; nothing where there is no data, or nothing to hold against each other."""
    if task.data is None or nb == floats:
        return {}
    with contextlib.suppress(InputError):
        return blame(floats, nb, task.data.spread(ENOUGH_SAMPLES))
    return {}


def _report(outcome: Outcome, task: Task, nb: bytes, floats: bytes, config: Config) -> Report:
    shapes = None if task.data is None else task.data.shapes
    facts = {"machine": f"{Model(nb).session().isa}, {os.cpu_count()} processors", "lite": lite.__version__,
             "seed": str(task.goal.seed), "data": task.data.description if task.data else "none",
             "goal": f"{outcome.goal}: {'reached' if outcome.is_reached else 'not reached'}"}
    command = f"slim.compress({outcome.model!r}, {outcome.path!r}, ...)"
    if isinstance(config, (str, os.PathLike)):
        command = shlex.join(["lite", "compress", str(config), "-o", outcome.path])
    return Report(f"{task.graph.name}, compressed", command,
                  tuple(tried.measured for tried in outcome.tried), outcome.chosen, outcome.metric,
                  tuple((tried.name, tried.text) for tried in outcome.tried),
                  tuple(cost_by_layer(nb, input_shapes=shapes, sqnr_db=_blamed(task, floats, nb))),
                  weights=tuple(weight_distributions(nb)),
                  facts={**facts, **{f"note {place}": note for place, note in enumerate(outcome.notes, 1)}})
