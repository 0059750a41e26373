# SPDX-License-Identifier: Apache-2.0
"""The stages without training: the model as it is, weights as integers, PTQ, a search for its settings."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lite.convert import Report, convert_to_bytes
from lite.errors import MissingDependencyError
from lite.ir import Graph
from lite.quant import StaticPTQ, WeightOnly
from lite.slim.act.data import Data
from lite.slim.act.job import Job
from lite.slim.act.judge import Score
from lite.slim.act.work import Made, Stage, Work, write_json
from lite.slim.strategies.goal import Goal
from lite.slim.strategies.ptq import PTQ
from lite.slim.strategies.search import Search

TRIALS = "trials.json"


@dataclass
class Task:
    """What is compressed, and by what it is judged.

    Attributes
    ----------
    job : Job
    graph : Graph
        As its importer builds it.
    data : Data or None
    judge : callable(bytes) -> Score
    metric : str
        What scores are.
    work : Work
    tell : callable(str)
        Hears what is done now.
    """

    job: Job
    graph: Graph
    data: Data | None
    judge: Callable[[bytes], Score]
    metric: str
    work: Work
    tell: Callable[[str], None]

    @property
    def goal(self) -> Goal:
        return self.job.get(Goal)

    def facts(self, nb: bytes, text: str, **more: Any) -> dict[str, Any]:
        """What there is to say about a model that was made, its score included."""
        self.tell("evaluating")
        score = self.judge(nb)
        return {"score": score.value, "distance": score.distance, "text": text, **more}


def score_of(stage: Stage) -> Score:
    """What the judge said about a stage's model."""
    return _score_in(stage.facts)


def _score_in(facts: Mapping[str, Any]) -> Score:
    return Score(facts["score"], facts["distance"])


def graph_of(task: Task, base: Stage | None) -> Graph:
    """The float graph behind a stage."""
    return task.graph if base is None or base.net is None else base.net


def as_it_is(task: Task) -> Stage:
    """The float model, which all others are held against."""

    def make(folder: Path) -> Made:
        task.tell("converting to float")
        nb, report = convert_to_bytes(task.graph)
        return nb, None, task.facts(nb, f"converted as it is, {len(report.ops_after)} kinds of ops")

    return task.work.stage("float", {}, make)


def weights_alone(task: Task, base: Stage | None = None) -> Stage:
    """Weights in 8 bits, sums in float: small, not faster."""

    def make(folder: Path) -> Made:
        task.tell("quantizing weights")
        nb, report = convert_to_bytes(graph_of(task, base), quantize=WeightOnly(bits=8))
        return nb, None, task.facts(nb, f"{report.weights['weights']} weights in 8 bits, sums in float")

    return task.work.stage("weights", {"base": base and base.key}, make)


def quantized(task: Task, settings: PTQ, base: Stage | None = None) -> Stage:
    """Integers with ranges from data."""
    most = None if settings.batch_nums is None else settings.batch_nums * settings.batch_size
    wanted = dataclasses.replace(_fixed(task, settings), algo=settings.observer, num=most,
                                 percentile=settings.hist_percent, bias_correction=settings.bias_correction)

    def make(folder: Path) -> Made:
        nb, report = _converted(task, graph_of(task, base), wanted)
        return nb, None, task.facts(nb, _described(report, wanted), layers=len(report.quantization["layers"]))

    return task.work.stage("ptq", {"base": base and base.key, "ptq": dataclasses.asdict(settings)}, make)


def _fixed(task: Task, settings: PTQ) -> StaticPTQ:
    """What a search does not choose."""
    return StaticPTQ(adaround=settings.adaround, bits=settings.activation_bits, seed=task.goal.seed,
                     weight_bits=settings.weight_bits, exclude=settings.exclude)


def searched(task: Task, settings: Search, enough: Callable[[Score], bool],
             base: Stage | None = None) -> Stage:
    """PTQ with the best settings of many trials; what these do not choose is as the task's PTQ has it.

    Parameters
    ----------
    task : Task
    settings : Search
    enough : callable(Score) -> bool
        Whether the search may stop.
    base : Stage, optional

    Raises
    ------
    MissingDependencyError
        If optuna is missing.
    """
    graph = graph_of(task, base)

    def make(folder: Path) -> Made:
        trials = _Trials(task, graph, settings, folder / TRIALS)
        trials.run(enough)
        nb, wanted, score = trials.best()
        text = f"the best of {len(trials.seen)} trials: {_said(wanted)}"
        return nb, None, {"score": score.value, "distance": score.distance, "text": text,
                          "trials": trials.seen, "settings": _said(wanted)}

    facts = {"base": base and base.key, "search": dataclasses.asdict(settings),
             "fixed": dataclasses.asdict(task.job.get(PTQ))}
    return task.work.stage("search", facts, make)


class _Trials:
    """Trials by optuna's TPE, whose scores are written down: a search that was interrupted asks for the same
    settings again, and takes from there what it knows already."""

    def __init__(self, task: Task, graph: Graph, settings: Search, path: Path) -> None:
        self._task, self._graph, self._settings, self._path = task, graph, settings, path
        self._fixed = _fixed(task, task.job.get(PTQ))
        self.seen: list[dict[str, Any]] = []
        self._known: dict[str, dict[str, Any]] = {}
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            self._known = {row["settings"]: row for row in json.loads(path.read_text())["trials"]}
        self._built: dict[str, bytes] = {}

    def run(self, enough: Callable[[Score], bool]) -> None:
        study = _study(self._task.goal.seed)
        for number in range(self._settings.max_quant_count):
            trial = study.ask()
            wanted = self._suggested(trial)
            self._task.tell(f"trial {number + 1} of {self._settings.max_quant_count}: {_said(wanted)}")
            score = self._score(wanted)
            study.tell(trial, score.number)
            if enough(score):
                return

    def best(self) -> tuple[bytes, StaticPTQ, Score]:
        """The first of the best."""
        row = max(self.seen, key=lambda row: _score_in(row).rank)
        wanted = dataclasses.replace(self._fixed, **row["options"])
        nb = self._built.get(row["settings"]) or _converted(self._task, self._graph, wanted)[0]
        return nb, wanted, _score_in(row)

    def _suggested(self, trial: Any) -> StaticPTQ:
        settings = self._settings
        options = PTQ(algo=trial.suggest_categorical("ptq_algo", settings.ptq_algo))
        percentile = 0.99995
        if options.observer == "percentile":
            percentile = trial.suggest_float("hist_percent", *settings.hist_percent)
        batches = trial.suggest_int("batch_num", *settings.batch_num)
        corrects = trial.suggest_categorical("bias_correct", settings.bias_correct)
        return dataclasses.replace(self._fixed, algo=options.observer, percentile=percentile,
                                   bias_correction=corrects,
                                   num=min(batches * self._task.goal.batch_size, _rows(self._task)))

    def _score(self, wanted: StaticPTQ) -> Score:
        """Of the settings; equal ones are tried once."""
        said = _said(wanted)
        row = next((row for row in self.seen if row["settings"] == said), None) or self._known.get(said)
        if row is None:
            nb, _ = _converted(self._task, self._graph, wanted)
            score = self._task.judge(nb)
            best = max((_score_in(seen).rank for seen in self.seen), default=None)
            if best is None or score.rank > best:
                self._built = {said: nb}
            row = {"settings": said, "score": score.value, "distance": score.distance,
                   "options": {name: getattr(wanted, name)
                               for name in ("algo", "percentile", "num", "bias_correction")}}
        if row not in self.seen:
            self.seen.append(row)
            write_json(self._path, {"trials": self.seen})
        return _score_in(row)


def _study(seed: int) -> Any:
    try:
        import optuna
    except ImportError as error:
        hint = "pip install optuna, or '.[slim]' where lite's sources are"
        raise MissingDependencyError(f"a search for settings needs optuna: {error}", where="Search",
                                     hint=hint) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))


def _rows(task: Task) -> int:
    return 0 if task.data is None else task.data.rows


def _converted(task: Task, graph: Graph, wanted: StaticPTQ) -> tuple[bytes, Report]:
    assert task.data is not None
    samples = task.data.spread(wanted.num or task.data.rows) if wanted.num else task.data.samples()
    return convert_to_bytes(graph, quantize=dataclasses.replace(wanted, data=samples, num=None),
                            progress=task.tell)


def _said(wanted: StaticPTQ) -> str:
    """Settings of a trial in a few words."""
    algo = wanted.algo or "the usual ranges"
    if wanted.algo == "percentile":
        algo += f" {wanted.percentile:.6g}"
    samples = f", {wanted.num} samples" if wanted.num else ""
    return f"{algo}{samples}{'' if wanted.bias_correction else ', no bias correction'}"


def _described(report: Report, wanted: StaticPTQ) -> str:
    layers, samples = len(report.quantization["layers"]), report.quantization["samples"]
    floats = len(report.float_left)
    left = f", {floats} nodes stay float" if floats else ""
    return f"{layers} layers on integers{left}; {_said(wanted)}, ranges from {samples} samples"
