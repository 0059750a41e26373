# SPDX-License-Identifier: Apache-2.0
"""Single weights at zero: how many of each layer are, by what pattern, and on what schedule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from lite.convert import Convertible
from lite.errors import InputError
from lite.ir import Graph, Node, Value
from lite.slim.loading import load_layers
from lite.slim.pruning.naming import layer_named

CONV_1X1 = "conv1x1_only"
LAYERS = ("conv2d", "conv2d_transpose", "fully_connected", "matmul")


@dataclass(frozen=True)
class Weighted:
    """A layer, its constant, and the axis of it that the layer sums over."""

    name: str
    node: Node
    constant: Value
    axis: int


def weighted_layers(graph: Graph, only: str | None = None, skip: Iterable[str] = ()) -> list[Weighted]:
    """Layers with constant weights, or weights quantized in the file; shared ones count once.

    Raises
    ------
    InputError
        If a name to skip, or ``only``, is unknown.
    """
    found: dict[Value, Weighted] = {}
    for node in graph.nodes:
        for position in _places(node):
            constant = _constant(node.input(position))
            if constant is not None and constant.type.rank > 1:
                layer = Weighted(node.outputs[0].name, node, constant, _summed(node, position))
                found.setdefault(constant, layer)
    names = [layer.name for layer in found.values()]
    skipped = {layer_named(word, graph, names) for word in skip}
    if only not in (None, CONV_1X1):
        raise InputError(f"got {only!r}, expected {CONV_1X1!r} or nothing", where="only")
    return [layer for layer in found.values() if layer.name not in skipped and (not only or _is_1x1(layer))]


def _places(node: Node) -> tuple[int, ...]:
    if node.op.name not in LAYERS:
        return ()
    return (0, 1) if node.op.name == "matmul" else (1,)


def _constant(value: Value | None) -> Value | None:
    """What holds a layer's weights: a constant, or the integers of a dequantize."""
    if value is not None and value.producer is not None and value.producer.op.name == "dequantize":
        value = value.producer.inputs[0]
    return value if value is not None and value.is_constant else None


def _summed(node: Node, position: int) -> int:
    if node.op.name != "matmul":
        return 1 if node.op.name == "conv2d" else 0
    value, attributes = node.inputs[position], node.op.attributes()
    last = value.type.rank - 1 if value is not None else 1
    if position == 0:
        return last - attributes["transpose_a"]
    return last - (not attributes["transpose_b"])


def _is_1x1(layer: Weighted) -> bool:
    return layer.node.op.name == "conv2d" and layer.constant.type.shape[2:] == (1, 1)


def sparse_by_layer(model: Convertible) -> dict[str, float]:
    """The part of each layer's weights that is 0, by name of its output.

    Parameters
    ----------
    model : path, bytes, Graph, or module of to_torch
    """
    layers = weighted_layers(load_layers(model))
    return {layer.name: float(np.mean(np.asarray(layer.constant.array) == 0)) for layer in layers}


def total_sparse(model: Convertible) -> float:
    """The part of all layers' weights that is 0. Parameters as of ``sparse_by_layer``."""
    arrays = [np.asarray(layer.constant.array) for layer in weighted_layers(load_layers(model))]
    return sum(int(np.sum(array == 0)) for array in arrays) / max(1, sum(array.size for array in arrays))


@dataclass(frozen=True)
class GMP:
    """Gradual magnitude pruning: steps without, steps while the ratio rises along a cubic curve, more steps.

    The ratio after k of ``pruning_steps`` rises is r - (r - initial_ratio) * (1 - k / pruning_steps)^3.

    Parameters
    ----------
    stable_iterations : int
        Steps before the first weight goes.
    pruning_iterations : int
        Steps over which the ratio rises.
    tunning_iterations : int
        Steps that follow with the last ratio; they only add to ``iterations``.
    pruning_steps : int
        How often the ratio rises.
    initial_ratio : float
        Where it begins.

    Raises
    ------
    InputError
    """

    stable_iterations: int = 0
    pruning_iterations: int = 4500
    tunning_iterations: int = 4500
    pruning_steps: int = 100
    initial_ratio: float = 0.15

    def __post_init__(self) -> None:
        least = {"stable_iterations": 0, "pruning_iterations": 1, "tunning_iterations": 0, "pruning_steps": 1}
        for name, smallest in least.items():
            found = getattr(self, name)
            if isinstance(found, bool) or not isinstance(found, int) or found < smallest:
                raise InputError(f"{name} is {found!r}, expected a whole number of {smallest} or more",
                                 where="GMP")
        if self.pruning_steps > self.pruning_iterations:
            raise InputError(f"{self.pruning_steps} pruning_steps are more than {self.pruning_iterations} "
                             "pruning_iterations", where="GMP", hint="the ratio rises at most once a step")
        if not 0 <= self.initial_ratio < 1:
            raise InputError(f"initial_ratio is {self.initial_ratio}, expected 0 <= ratio < 1", where="GMP")

    @property
    def iterations(self) -> int:
        """Steps in all."""
        return self.stable_iterations + self.pruning_iterations + self.tunning_iterations

    def rises(self, step: int) -> int:
        """How often the ratio has risen after so many steps; -1 while nothing is pruned."""
        done = step - self.stable_iterations
        if done < 0:
            return -1
        return min(done * self.pruning_steps // self.pruning_iterations, self.pruning_steps)

    def ratio(self, step: int, target: float) -> float:
        """The ratio after so many steps."""
        rises = self.rises(step)
        if rises < 0:
            return 0.0
        return target - (target - self.initial_ratio) * (1 - rises / self.pruning_steps) ** 3
