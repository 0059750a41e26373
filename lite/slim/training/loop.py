# SPDX-License-Identifier: Apache-2.0
"""The loop: batches, loss, step; evaluation, the best weights, checkpoints, and what may go wrong."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Optional

import torch
from torch import Tensor

from lite.errors import InputError, TrainingError
from lite.slim.torch_bridge import GraphModule
from lite.slim.training import checkpoints
from lite.slim.training.batches import Feeds, feeds_and_labels
from lite.slim.training.config import TrainConfig
from lite.slim.training.progress import Show, bar

Loss = Callable[[GraphModule, Feeds, Optional[Tensor]], Tensor]
Evaluate = Callable[[GraphModule], float]
CALMER = "a lower learning_rate, or warmup_iter, may help"


@dataclass
class TrainResult:
    """What was seen in a training.

    Attributes
    ----------
    steps : int
    seconds : float
        Of all runs together, if it was interrupted.
    losses : list of float
        One of each step.
    best_metric : float or None
        What ``evaluate`` said of the weights that the module has now.
    best_step : int or None
        After how many steps it had them; 0: those from before.
    """

    steps: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    best_metric: float | None = None
    best_step: int | None = None


def train(net: GraphModule, data: Iterable[Any], loss: Loss, config: TrainConfig | None = None, *,
          evaluate: Evaluate | None = None, after_step: Sequence[Callable[[int], None]] = (),
          checkpoint: checkpoints.PathLike | None = None, parameters: Iterable[Any] | None = None,
          ) -> TrainResult:
    """Train a module of the bridge, in place; it is in evaluation mode afterwards.

    Parameters
    ----------
    net : GraphModule
    data : iterable
        Batches: mappings of input name to array, single arrays for one input, or pairs (inputs, labels). It
        is gone through anew in each epoch. What it draws should come from the generators of random, numpy or
        PyTorch, which ``config.seed`` sets. A method ``data.set_epoch(number)`` is called if there is one.
    loss : callable(net, feeds, labels) -> Tensor
        A number to make smaller; ``feeds`` are tensors by input name, ``labels`` a tensor or None.
    config : TrainConfig, optional
    evaluate : callable(net) -> float, optional
        The higher the better. It is asked before the first step, too, and the best weights are put back at
        the end.
    after_step : sequence of callable(int)
        Called after each step with the number of steps that are done.
    checkpoint : path, optional
        Written as the training goes on. If it exists, the training goes on from there, and ends with the very
        numbers of a run that was not interrupted. Hooks and losses with ``state_dict`` and
        ``load_state_dict`` are kept in it, too.
    parameters : iterable, optional
        What is trained, as PyTorch's optimizers take it: parameters, or dicts of them with options of their
        own. Left out: all of the module's.

    Returns
    -------
    TrainResult

    Raises
    ------
    InputError
        If batches do not fit the module, the data ends too early, or a checkpoint is of another run.
    TrainingError
        If the loss is NaN or infinite, or nothing that is trained has an effect on it.
    FileError
        If a checkpoint cannot be written.
    """
    run = _Run(net, data, loss, config or TrainConfig(), evaluate, tuple(after_step), checkpoint, parameters)
    try:
        return run.all()
    finally:
        net.eval()


class _Run:
    """One training: where it is, and what it takes to go on from there."""

    def __init__(self, net: GraphModule, data: Iterable[Any], loss: Loss, config: TrainConfig,
                 evaluate: Evaluate | None, after_step: tuple[Callable[[int], None], ...],
                 checkpoint: checkpoints.PathLike | None, parameters: Iterable[Any] | None) -> None:
        self._net, self._data, self._loss, self._config = net, data, loss, config
        self._evaluate, self._after_step, self._checkpoint = evaluate, after_step, checkpoint
        self._steps = _total(data, config)
        self._optimizer = _optimizer(net, config, parameters)
        self._rates = [group["lr"] for group in self._optimizer.param_groups]
        self._result = TrainResult()
        self._best: dict[str, Any] | None = None
        self._epoch = self._place = 0  # how many batches of the epoch were taken
        self._epoch_began: checkpoints.State = {}
        self._saved_randomness: checkpoints.State | None = None  # until the data is where a checkpoint was
        self._judged: int | None = None

    def all(self) -> TrainResult:
        checkpoints.seed_all(self._config.seed)
        is_new = not self._restore()
        self._started = time.perf_counter() - self._result.seconds
        self._net.train()
        if is_new:
            self._judge()
        with bar(self._steps, self._config.logging_iter) as show:
            self._walk(show)
        self._demand_finite_weights()
        self._judge()
        self._save()
        if self._best is not None:
            self._net.load_state_dict(self._best)
        return self._result

    def _walk(self, show: Show) -> None:
        """Step by step through the epochs, with pauses to evaluate and to write a checkpoint."""
        config, result = self._config, self._result
        batches = iter(()) if self._is_done() else self._batches()
        for batch in batches:
            if batch is not None:
                self._step(batch)
                show(result.steps, result.losses[-1])
            if self._is_done():
                return
            at_end = batch is None
            evaluates = self._is_due(config.eval_iter, at_end)
            if evaluates:
                self._judge()
            if self._is_due(config.checkpoint_iter, at_end) or (evaluates and config.checkpoint_iter is None):
                self._save()

    def _is_due(self, every: int | None, at_end: bool) -> bool:
        """Whether something is done now, each so many steps, or else at the end of each epoch."""
        return at_end if every is None else not at_end and self._result.steps % every == 0

    def _is_done(self) -> bool:
        if self._steps is not None:
            return self._result.steps >= self._steps
        return self._epoch >= self._config.epochs

    def _batches(self) -> Iterator[Any]:
        """Batches of one epoch after another; None at the end of each."""
        while True:
            skipped, self._place = self._place, 0
            if skipped:
                checkpoints.restore_randomness(self._epoch_began)
            else:
                self._catch_up()
                self._epoch_began = checkpoints.randomness()
            if hasattr(self._data, "set_epoch"):
                self._data.set_epoch(self._epoch)
            for batch in self._data:
                self._place += 1
                if self._place > skipped:
                    yield batch
                elif self._place == skipped:
                    self._catch_up()
            if not self._place or self._place < skipped:
                raise self._too_short(skipped)
            self._epoch, self._place = self._epoch + 1, 0
            yield None

    def _catch_up(self) -> None:
        """Randomness as a checkpoint has it, once the data is where it was then."""
        if self._saved_randomness is not None:
            checkpoints.restore_randomness(self._saved_randomness)
            self._saved_randomness = None

    def _too_short(self, skipped: int) -> InputError:
        if skipped:
            return InputError(f"it has {self._place} batches, and the checkpoint was written after {skipped}",
                              where="data", hint="go on with the same data, or delete the checkpoint")
        more = f", and {self._steps} are to be done" if self._steps is not None else ""
        return InputError(f"it is empty after {self._result.steps} steps{more}", where="data",
                          hint="give a list, or something else that can be gone through again")

    def _step(self, batch: Any) -> None:
        step = self._result.steps
        feeds, labels = feeds_and_labels(batch, self._net, f"batch {self._place - 1} of epoch {self._epoch}")
        for group, rate in zip(self._optimizer.param_groups, self._rates):
            group["lr"] = rate * self._config.pace(step, self._steps)
        loss = self._loss(self._net, feeds, labels)
        self._result.losses.append(_number(loss, step))
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        self._optimizer.step()
        self._result.steps = step + 1
        for hook in self._after_step:
            hook(step + 1)

    def _judge(self) -> None:
        """Evaluate, unless these weights were already; keep the best."""
        result = self._result
        if self._evaluate is None or self._judged == result.steps:
            return
        self._judged = result.steps
        self._net.eval()
        with torch.no_grad():
            metric = float(self._evaluate(self._net))
        self._net.train()
        if math.isnan(metric):
            raise TrainingError("evaluate returned NaN, expected a number: the higher the better",
                                where=f"after step {result.steps}")
        if result.best_metric is None or metric > result.best_metric:
            result.best_metric, result.best_step = metric, result.steps
            self._best = copy.deepcopy(self._net.state_dict())

    def _demand_finite_weights(self) -> None:
        for name, parameter in self._net.named_parameters():
            if not bool(torch.isfinite(parameter).all()):
                raise TrainingError("it holds NaN or infinity", where=f"parameter {name!r}", hint=CALMER)

    def _identity(self) -> dict[str, Any]:
        """What must be the same where a checkpoint is gone on from."""
        own = {row.name: getattr(self._config, row.name) for row in fields(TrainConfig)
               if row.name not in ("logging_iter", "checkpoint_iter")}
        numbers = sum(tensor.numel() for tensor in self._net.state_dict().values())
        return {**own, "module": f"{self._net.graph.name}, {numbers} numbers", "steps in all": self._steps}

    def _stateful(self) -> list[Any]:
        """What has a state of its own beside the module: the optimizer, and hooks and losses that say so."""
        others = (self._loss, *self._after_step)
        return [self._optimizer, *(other for other in others if hasattr(other, "load_state_dict"))]

    def _save(self) -> None:
        result = self._result
        result.seconds = time.perf_counter() - self._started
        if self._checkpoint is None:
            return
        checkpoints.write(self._checkpoint, {
            "identity": self._identity(), "result": asdict(result), "judged": self._judged,
            "epoch": self._epoch, "place": self._place, "epoch_began": self._epoch_began,
            "randomness": checkpoints.randomness(), "module": self._net.state_dict(), "best": self._best,
            "states": [each.state_dict() for each in self._stateful()]})

    def _restore(self) -> bool:
        """Go on from the checkpoint, if there is one."""
        state = None if self._checkpoint is None else checkpoints.read(self._checkpoint)
        if state is None or self._checkpoint is None:
            return False
        checkpoints.demand_same(self._checkpoint, state["identity"], self._identity())
        try:
            self._net.load_state_dict(state["module"])
            for each, own in zip(self._stateful(), state["states"]):
                each.load_state_dict(own)
        except (RuntimeError, ValueError, KeyError) as error:
            raise InputError(f"its weights are those of another module: {str(error).splitlines()[0]}",
                             where=str(self._checkpoint), hint="delete it to begin anew") from error
        self._result = TrainResult(**state["result"])
        self._judged, self._best = state["judged"], state["best"]
        self._epoch, self._place, self._epoch_began = state["epoch"], state["place"], state["epoch_began"]
        self._saved_randomness = state["randomness"]
        return True


def _total(data: Any, config: TrainConfig) -> int | None:
    """All steps; None if that is not known, nor needed."""
    if isinstance(data, (str, Mapping)) or not hasattr(data, "__iter__"):
        raise InputError(f"got a {type(data).__name__}, expected batches one after another", where="data",
                         hint="a list of one batch is data, too")
    if hasattr(data, "__len__") and not len(data):
        raise InputError("it is empty", where="data")
    if config.train_iter is not None:
        return config.train_iter
    if hasattr(data, "__len__"):
        return config.epochs * len(data)
    if config.schedule != "constant":
        raise InputError(f"its length is not known, which schedule {config.schedule!r} needs", where="data",
                         hint="say train_iter, or schedule='constant'")
    return None


def _optimizer(net: GraphModule, config: TrainConfig, parameters: Iterable[Any] | None) -> Any:
    chosen = net.parameter_groups(config.learning_rate) if parameters is None else list(parameters)
    if not any(each.get("params") if isinstance(each, dict) else True for each in chosen):
        raise InputError("there is nothing to train", where="parameters")
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimizer == "sgd":
        return torch.optim.SGD(chosen, lr=rate, momentum=config.momentum, weight_decay=decay)
    kind = torch.optim.Adam if config.optimizer == "adam" else torch.optim.AdamW
    return kind(chosen, lr=rate, weight_decay=decay)


def _number(loss: Any, step: int) -> float:
    """What a loss is; refused if nothing can be learnt of it."""
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        shape = f"shape {list(loss.shape)}" if isinstance(loss, Tensor) else f"a {type(loss).__name__}"
        raise InputError(f"it returned {shape}, expected a tensor of one number", where="loss")
    number = float(loss.detach())
    if not math.isfinite(number):
        raise TrainingError(f"the loss is {number}, expected a finite number", where=f"step {step}",
                            hint=CALMER)
    if not loss.requires_grad:
        raise TrainingError("nothing that is trained has an effect on the loss", where=f"step {step}",
                            hint="the loss must be computed by the module, outside of torch.no_grad")
    return number
