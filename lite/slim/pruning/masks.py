# SPDX-License-Identifier: Apache-2.0
"""Masks that keep weights at zero through a training."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from lite.errors import InputError
from lite.slim.pruning.channels import demand_ratio
from lite.slim.pruning.sparsity import GMP, Weighted, weighted_layers
from lite.slim.torch_bridge import GraphModule


class Masks:
    """A hook for ``train(after_step=[masks])``, which sets the least weights to 0 and keeps them there.

    Weights of layers are pruned, biases and norms never. Call ``apply`` after a loop of your own, too.

    Parameters
    ----------
    net : GraphModule
        Also one of ``slim.prepare``. Its weights are pruned at once, unless there is a schedule.
    ratio : float, optional
        The part of the weights that goes, those of the least size first.
    threshold : float, optional
        In place of a ratio: weights of a lesser size go, and do so as they become such.
    n_of_m : (int, int), optional
        In place of both: of each m weights in a row that a channel sums, n stay; (2, 4) say. Layers that sum
        fewer than m channels, and what is left over of others, stay as they are.
    block : (int, int)
        Rows and columns of weights that go together by their mean size, where the weights are a matrix of
        channels and of all that each of them sums.
    local : bool
        The ratio holds in each layer, not over all of them.
    only : {"conv1x1_only"}, optional
        Prune the 1 x 1 convolutions alone, whose zeros the engine can leave out.
    skip : iterable of str
        Layers that stay, by names of outputs, nodes or weights.
    schedule : GMP, optional
        Of a ratio.

    Raises
    ------
    InputError
        If a setting is wrong or contradicts another, a name is unknown, or no layer is left.
    """

    def __init__(self, net: GraphModule, ratio: float | None = None, *, threshold: float | None = None,
                 n_of_m: tuple[int, int] | None = None, block: tuple[int, int] = (1, 1), local: bool = False,
                 only: str | None = None, skip: Iterable[str] = (), schedule: GMP | None = None) -> None:
        _demand_one(ratio, threshold, n_of_m)
        _demand_shapes(n_of_m, block)
        if schedule is not None and ratio is None:
            raise InputError("a schedule needs a ratio to reach", where="Masks")
        self._net, self._ratio, self._threshold, self._n_of_m = net, ratio, threshold, n_of_m
        self._block, self._local, self._schedule = block, local, schedule
        self._layers = weighted_layers(net.graph, only, skip)
        if n_of_m is not None:
            self._layers = [row for row in self._layers if row.constant.type.shape[row.axis] >= n_of_m[1]]
        if not self._layers:
            raise InputError("no layer is left to prune", where="Masks", hint="look at 'only' and 'skip'")
        self._masks = {layer.name: torch.ones_like(self._weights(layer), dtype=torch.bool)
                       for layer in self._layers}
        self._rises = -1
        self(0)

    @property
    def is_done(self) -> bool:
        """Whether the schedule has reached its ratio; without one it always has."""
        return self._schedule is None or self._rises == self._schedule.pruning_steps

    def __call__(self, step: int) -> None:
        """What is done after a step: prune more if it is time to, and put masked weights back to 0."""
        if self._schedule is not None:
            rises = self._schedule.rises(step)
            if rises > self._rises:
                self._rises = rises
                self._choose(self._schedule.ratio(step, self._ratio or 0.0))
        elif step == 0 or self._threshold is not None:
            self._choose(self._ratio or 0.0)
        self.apply()

    def apply(self) -> None:
        """Put masked weights to 0."""
        with torch.no_grad():
            for layer in self._layers:
                self._weights(layer).mul_(self._masks[layer.name])

    def when_done(self, evaluate: Callable[[GraphModule], float]) -> Callable[[GraphModule], float]:
        """An ``evaluate`` for ``train`` that prefers no weights from before the schedule's end."""
        return lambda net: evaluate(net) if self.is_done else -math.inf

    def sparse_by_layer(self) -> dict[str, float]:
        """The part of the weights that is masked, by name of the layer's output."""
        return {name: float((~mask).double().mean()) for name, mask in self._masks.items()}

    def state_dict(self) -> dict[str, Any]:
        return {"rises": self._rises, "masks": {name: mask.clone() for name, mask in self._masks.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._rises = state["rises"]
        for name, mask in self._masks.items():
            mask.copy_(state["masks"][name])

    def _weights(self, layer: Weighted) -> Tensor:
        return self._net.tensor(layer.constant.name)

    def _choose(self, ratio: float) -> None:
        """Masks of the weights as they are now."""
        sizes = {layer: self._weights(layer).detach().abs() for layer in self._layers}
        if self._n_of_m is not None:
            for layer, size in sizes.items():
                self._masks[layer.name].copy_(_n_of_m(size, layer.axis, *self._n_of_m))
            return
        scores = {layer: _blocks(_matrix(size, layer), self._block) for layer, size in sizes.items()}
        together = [[layer] for layer in scores] if self._local else [list(scores)]
        for layers in together:
            found = _staying([scores[layer] for layer in layers], ratio, self._threshold)
            for layer, stays in zip(layers, found):
                self._put(layer, stays)

    def _put(self, layer: Weighted, stays: Tensor) -> None:
        """A mask of blocks as one of weights."""
        mask = self._masks[layer.name]
        matrix = _matrix(mask, layer)
        rows, columns = self._block
        wide = stays.repeat_interleave(rows, 0).repeat_interleave(columns, 1)
        wide = wide[: matrix.shape[0], : matrix.shape[1]]
        turned = _turned(mask, layer)
        mask.copy_(wide.reshape(turned.shape).movedim(0, _out_axis(layer)))


def _out_axis(layer: Weighted) -> int:
    """The axis of a layer's channels: the first one that it does not sum."""
    return int(layer.axis == 0)


def _turned(tensor: Tensor, layer: Weighted) -> Tensor:
    return tensor.movedim(_out_axis(layer), 0)


def _matrix(tensor: Tensor, layer: Weighted) -> Tensor:
    """Weights as rows, one of each channel."""
    return _turned(tensor, layer).reshape(tensor.shape[_out_axis(layer)], -1)


def _blocks(matrix: Tensor, block: tuple[int, int]) -> Tensor:
    """The mean size of each block; those at the ends may be smaller."""
    if block == (1, 1):
        return matrix
    rows, columns = block
    pads = (0, -matrix.shape[1] % columns, 0, -matrix.shape[0] % rows)

    def summed(tensor: Tensor) -> Tensor:
        padded = torch.nn.functional.pad(tensor, pads)
        counts = padded.shape[0] // rows, padded.shape[1] // columns
        return padded.reshape(counts[0], rows, counts[1], columns).sum((1, 3))

    return summed(matrix) / summed(torch.ones_like(matrix))


def _staying(scores: Sequence[Tensor], ratio: float, threshold: float | None) -> list[Tensor]:
    """Whether each stays: all but the least part, or all that reach the threshold."""
    if threshold is not None:
        return [score >= threshold for score in scores]
    flat = torch.cat([score.flatten() for score in scores])
    stays = torch.ones_like(flat, dtype=torch.bool)
    stays[torch.argsort(flat, stable=True)[: round(ratio * len(flat))]] = False
    parts = torch.split(stays, [score.numel() for score in scores])
    return [part.reshape(score.shape) for part, score in zip(parts, scores)]


def _n_of_m(size: Tensor, axis: int, n: int, m: int) -> Tensor:
    """Of each m along an axis the n greatest; what is left over at the end stays."""
    rows = size.movedim(axis, -1)
    whole = rows.shape[-1] // m * m
    groups = rows[..., :whole].reshape(*rows.shape[:-1], whole // m, m)
    order = torch.argsort(groups, dim=-1, descending=True, stable=True)
    stays = torch.zeros_like(groups, dtype=torch.bool).scatter_(-1, order[..., :n], True)
    rest = torch.ones_like(rows[..., whole:], dtype=torch.bool)
    return torch.cat([stays.flatten(-2), rest], -1).movedim(-1, axis)


def _demand_one(ratio: float | None, threshold: float | None, n_of_m: tuple[int, int] | None) -> None:
    if sum(value is not None for value in (ratio, threshold, n_of_m)) != 1:
        raise InputError("expected one of ratio, threshold and n_of_m", where="Masks")
    if ratio is not None:
        demand_ratio(ratio, "Masks, ratio")
    if threshold is not None and not 0 <= threshold < math.inf:
        raise InputError(f"the threshold is {threshold}, expected a number of 0 or more", where="Masks")


def _demand_shapes(n_of_m: tuple[int, int] | None, block: tuple[int, int]) -> None:
    if n_of_m is not None and not (len(n_of_m) == 2 and 0 < n_of_m[0] < n_of_m[1]):
        raise InputError(f"n_of_m is {n_of_m}, expected two numbers, 0 < n < m", where="Masks")
    if len(block) != 2 or min(block) < 1:
        raise InputError(f"block is {block}, expected rows and columns, 1 or more", where="Masks")
    if n_of_m is not None and block != (1, 1):
        raise InputError("n_of_m and block exclude each other", where="Masks")
