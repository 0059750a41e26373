# SPDX-License-Identifier: Apache-2.0
"""Size and time of models and of their layers, as they are deployed and run on this machine."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from lite.compare.histograms import BINS
from lite.convert import Convertible, convert_to_bytes
from lite.errors import FileError, InputError
from lite.ir import Node, Value
from lite.ir.interpret import bind
from lite.nb.reader import read
from lite.nb.writer import IDENTIFIER
from lite.session import Session
from lite.slim.counting import flops_by_layer, is_counted
from lite.slim.report.data import Layer, Measured, Weights
from lite.tuning.stopwatch import Net, layer_times, race

Shapes = Mapping[str, Sequence[int]]
ROUNDS = 5
FACTORS = 3  # inputs of a layer, in which its weights and its bias are; what follows are scales and tables


def deployed(model: Convertible) -> bytes:
    """A .nb file's bytes, or bytes of one, as they are; any other model is converted.

    Raises
    ------
    LiteError
        If the model cannot be read or converted.
    """
    data = model
    if isinstance(model, (str, os.PathLike)) and Path(model).suffix == ".nb":
        try:
            data = Path(model).read_bytes()
        except OSError as error:
            raise FileError(f"cannot be read: {error.strerror}", where=str(model)) from error
    if isinstance(data, bytes) and IDENTIFIER in data[:8]:
        return data
    return convert_to_bytes(model)[0]


def measure(models: Mapping[str, Convertible], *, evaluate: Callable[[Session], float] | None = None,
            input_shapes: Shapes | None = None, threads: int = 1, rounds: int = ROUNDS) -> list[Measured]:
    """Size, latency, accuracy and multiply-adds of models, which take turns: what disturbs one disturbs all.

    Parameters
    ----------
    models : mapping of name to model
        .nb files or their bytes, or whatever ``lite.convert`` takes.
    evaluate : callable(Session), optional
        The accuracy, the higher the better.
    input_shapes : mapping of input name to shape, optional
        Of inputs with free extents; else a batch of 1.
    threads, rounds : int

    Raises
    ------
    InputError
        If an accuracy is no finite number.
    LiteError
        If a model cannot be read or converted.
    """
    files = {name: deployed(model) for name, model in models.items()}
    nets = [_net(nb, input_shapes, threads) for nb in files.values()]
    found = []
    for (name, nb), net, time_us in zip(files.items(), nets, race(nets, rounds)):
        accuracy = None if evaluate is None else _accuracy(evaluate, net.session.clone(), name)
        parameters = sum(value.type.count for node in net.graph.nodes for value in _parameters(node))
        found.append(Measured(name, len(nb), time_us / 1e3, accuracy, sum(_flops(net).values()),
                              int(parameters)))
    return found


def cost_by_layer(model: Convertible, *, input_shapes: Shapes | None = None, threads: int = 1,
                  rounds: int = ROUNDS, sqnr_db: Mapping[str, float] | None = None) -> list[Layer]:
    """What each layer multiplies, stores and takes, in running order.

    Parameters
    ----------
    model, input_shapes, threads, rounds
        As of ``measure``.
    sqnr_db : mapping of layer to float, optional
        What ``blame`` found.

    Raises
    ------
    LiteError
        If the model cannot be read or converted.
    """
    net = _net(deployed(model), input_shapes, threads)
    counts, noise = _flops(net), sqnr_db or {}
    layers = []
    for node, time, latency_us in layer_times([net], rounds)[0]:
        parameters = sum(value.type.count for value in _parameters(node))
        stored = sum(value.type.count * value.type.dtype.size_bytes for value in _constants(node))
        layers.append(Layer(node.name, node.op.name, time.outputs[0] if time.outputs else (),
                            counts.get(node.outputs[0].name, 0), int(parameters), int(stored), latency_us,
                            time.kernel, noise.get(node.name)))
    return layers


def weight_distributions(model: Convertible, *, most: int = 12) -> list[Weights]:
    """How often weights occur, of the layers that have most of them, in running order.

    Those of integer layers are whole numbers, as many in each step.

    Parameters
    ----------
    model
        As of ``measure``.
    most : int
        Layers.
    """
    nodes = [node for node in read(deployed(model)).nodes if is_counted(node) and _weights(node) is not None]
    chosen = sorted(nodes, key=lambda node: -_weights(node).size)[:most]  # type: ignore[union-attr]
    return [_distribution(node) for node in nodes if node in chosen]


def _distribution(node: Node) -> Weights:
    weights = np.asarray(_weights(node), np.float64)
    low, high, bins = float(weights.min()), float(weights.max()), BINS
    if np.issubdtype(_weights(node).dtype, np.integer):  # type: ignore[union-attr]
        step = math.ceil((high - low + 1) / BINS)  # as many whole numbers in each
        bins = math.ceil((high - low + 1) / step)
        high = low + bins * step
    elif low == high:
        low, high = low - 0.5, high + 0.5
    counts = np.histogram(weights, bins, (low, high))[0]
    return Weights(node.name, low, high, tuple(counts.tolist()), float(np.mean(weights == 0)))


def _weights(node: Node) -> np.ndarray | None:
    """The greatest constant among a layer's factors; None if it multiplies what is computed."""
    arrays = [value.array for value in _parameters(node) if value.array is not None and value.array.ndim > 1]
    return max(arrays, key=lambda array: array.size, default=None)


def _net(nb: bytes, input_shapes: Shapes | None, threads: int) -> Net:
    return Net(nb, read(nb), input_shapes or {}, threads, "")


def _flops(net: Net) -> dict[str, int]:
    return flops_by_layer(net.graph, extents=bind(net.graph, net.feeds))


def _accuracy(evaluate: Callable[[Session], float], session: Session, name: str) -> float:
    accuracy = float(evaluate(session))
    if not math.isfinite(accuracy):
        raise InputError(f"it gives {accuracy}, expected a number: the higher the better",
                         where=f"evaluate, model {name!r}")
    return accuracy


def _constants(node: Node) -> list[Value]:
    return [value for value in node.inputs if value is not None and value.is_constant]


def _parameters(node: Node) -> list[Value]:
    """Weights and biases: of layers the constants among their factors, of other ops those that are floats."""
    if is_counted(node):
        return [value for value in node.inputs[:FACTORS] if value is not None and value.is_constant]
    if node.op.name in ("quantize", "dequantize") or node.op.name.startswith("q_"):
        return []
    return [value for value in _constants(node) if value.type.dtype.is_float]
