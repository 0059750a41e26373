# SPDX-License-Identifier: Apache-2.0
"""Losses for ``train``: a student beside its teacher, and several students that learn from each other."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from lite.convert import Convertible
from lite.errors import InputError
from lite.ir import Graph
from lite.slim.distillation.functions import kl
from lite.slim.distillation.nodes import distillation_nodes, score_nodes
from lite.slim.distillation.settings import Distillation, Pair
from lite.slim.distillation.terms import Term
from lite.slim.torch_bridge import GraphModule, to_torch
from lite.slim.training.losses import label_loss, scores_name

MakeFeeds = Callable[[dict[str, Tensor]], Mapping[str, Tensor]]


class DistillLoss(nn.Module):
    """A loss for ``train``: how far values of a student are from those of its teacher.

    Layers that adapt features to other channels are its parameters: train them with the student's,
    ``train(student, data, loss, parameters=[*student.parameters(), *loss.parameters()])``, as ``distill``
    does.

    Parameters
    ----------
    student : GraphModule
    teacher : path, bytes, Graph or GraphModule, optional
        Copied, and not trained. None: as the settings say.
    settings : Distillation, optional
    pairs : sequence of Pair, optional
        In place of the settings' losses and nodes.
    teacher_feeds : callable(dict of Tensor) -> dict of Tensor, optional
        The teacher's inputs, made of the student's. Left out: the same ones, by name or by position.

    Raises
    ------
    InputError
        If values are unknown, shapes do not fit each other, or the teacher takes other inputs.
    LiteError
        If the teacher cannot be read.
    """

    def __init__(self, student: GraphModule, teacher: Convertible | GraphModule | None = None,
                 settings: Distillation | None = None, *, pairs: Sequence[Pair] | None = None,
                 teacher_feeds: MakeFeeds | None = None) -> None:
        super().__init__()
        self._settings = settings or Distillation()
        self._hidden = (_teacher(student, teacher, self._settings),)  # a tuple keeps it out of the state
        self._feeds = teacher_feeds or _passing(student.graph, self.teacher.graph)
        chosen = self._settings.pairs(self._automatic(student.graph)) if pairs is None else list(pairs)
        if not chosen:
            raise InputError("there is nothing to compare", where="pairs", hint="name values of both nets")
        with torch.random.fork_rng():
            torch.manual_seed(self._settings.seed)
            self._terms = [Term(pair, student.graph, self.teacher.graph, self._settings) for pair in chosen]
        self.adapters = nn.ModuleList([adapter for term in self._terms for adapter in term.adapters])
        self._scores = [scores_name(student)] if self._settings.labels else []

    @property
    def teacher(self) -> GraphModule:
        return self._hidden[0]

    @property
    def pairs(self) -> list[Pair]:
        """What is compared."""
        return [term.pair for term in self._terms]

    def _automatic(self, student: Graph) -> Callable[[bool], list[tuple[str, str]]]:
        def choose(on_scores: bool) -> list[tuple[str, str]]:
            rule = score_nodes if on_scores else distillation_nodes
            ours, theirs = rule(student), rule(self.teacher.graph)
            if set(ours) == set(theirs):
                return [(name, name) for name in ours]
            if len(ours) != len(theirs):
                raise InputError(f"the student ends in {ours}, the teacher in {theirs}, expected as many",
                                 where="Distillation.node", hint="name the values that belong together")
            return list(zip(ours, theirs))

        return choose

    def forward(self, net: GraphModule, feeds: dict[str, Tensor], labels: Tensor | None = None) -> Tensor:
        """The loss of a batch."""
        student = net.run(feeds, taps=self._scores + [name for term in self._terms for name in term.ours])
        with torch.no_grad():
            teacher = self.teacher.run(self._feeds(feeds),
                                       taps=[name for term in self._terms for name in term.theirs])
        total = torch.stack([term.loss(teacher, student, labels) for term in self._terms]).sum()
        for name in self._scores:
            total = total + self._settings.labels * label_loss(student[name], labels)
        return total


class MutualLoss(nn.Module):
    """A loss for ``train``: classifiers that learn from labels and from each other.

    After Zhang et al. 2018, Deep Mutual Learning. The peers are its parameters: train them with the net's,
    ``train(net, data, loss, parameters=[*net.parameters(), *loss.parameters()])``.

    Parameters
    ----------
    peers : sequence of GraphModule
        Of the same inputs and classes as the net. Trained in place; in training mode from now on.
    weight : float
        Of what each learns from the others.
    temperature : float

    Raises
    ------
    InputError
        Without a peer.
    """

    def __init__(self, peers: Sequence[GraphModule], *, weight: float = 1.0,
                 temperature: float = 1.0) -> None:
        super().__init__()
        if not peers:
            raise InputError("there are no peers to learn from", where="MutualLoss")
        self.peers = nn.ModuleList(peers).train()
        self._weight, self._temperature = weight, temperature

    def forward(self, net: GraphModule, feeds: dict[str, Tensor], labels: Tensor | None = None) -> Tensor:
        """The losses of all nets on a batch, added."""
        scores = [_scores(each, _passing(net.graph, each.graph)(feeds)) for each in (net, *self.peers)]
        total = torch.stack([label_loss(each, labels) for each in scores]).sum()
        for place, ours in enumerate(scores):
            others = [other.detach() for position, other in enumerate(scores) if position != place]
            learnt = torch.stack([kl(other, ours, temperature=self._temperature) for other in others]).mean()
            total = total + self._weight * self._temperature**2 * learnt
        return total


def _scores(net: GraphModule, feeds: Mapping[str, Tensor]) -> Tensor:
    name = scores_name(net)
    return net.run(feeds, taps=[name])[name]


def _teacher(student: GraphModule, teacher: Convertible | GraphModule | None,
             settings: Distillation) -> GraphModule:
    if teacher is None and settings.teacher_model_dir is not None:
        folder = Path(settings.teacher_model_dir)
        model = folder / settings.teacher_model_filename if settings.teacher_model_filename else folder
        params = settings.teacher_params_filename
        found = to_torch(model, param_file=folder / params if params else None)
    elif teacher is None or isinstance(teacher, GraphModule):
        found = copy.deepcopy(student if teacher is None else teacher)
    else:
        found = to_torch(teacher)
    return found.eval().requires_grad_(False)


def _passing(student: Graph, teacher: Graph) -> MakeFeeds:
    """Gives a teacher the student's inputs, by name or else by position."""
    ours, theirs = student.inputs, teacher.inputs
    if {value.name for value in ours} == {value.name for value in theirs}:
        theirs = [next(other for other in theirs if other.name == value.name) for value in ours]
    fits = len(ours) == len(theirs) and all(
        mine.type.dtype == other.type.dtype and mine.type.rank == other.type.rank
        and not any(isinstance(a, int) and isinstance(b, int) and a != b
                    for a, b in zip(mine.type.shape, other.type.shape))
        for mine, other in zip(ours, theirs))
    if not fits:
        raise InputError(f"it takes {theirs}, the student {ours}", where=f"teacher {teacher.name!r}",
                         hint="teacher_feeds=... makes the teacher's inputs of the student's")
    names = [(mine.name, other.name) for mine, other in zip(ours, theirs)]
    return lambda feeds: {other: feeds[mine] for mine, other in names}
