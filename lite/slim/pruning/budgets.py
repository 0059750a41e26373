# SPDX-License-Identifier: Apache-2.0
"""Ratios for a budget: as little loss of accuracy, or as equal ratios, as multiply-adds or time allow."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lite.convert import Convertible, convert_to_bytes
from lite.errors import InputError
from lite.ir import Graph, Node
from lite.ir.dim import evaluate
from lite.nb.reader import read
from lite.slim.counting import flops
from lite.slim.pruning.channels import Pruner, demand_ratio
from lite.slim.pruning.ratios import get_ratios_by_loss
from lite.tuning.latency_table import Key, LatencyTable, Shapes

STEPS = 12  # halvings of the range in which the answer lies
GREATEST = 0.9
NOTHING = 1e-6  # a ratio that prunes nothing, and so loses nothing


def choose_ratios(model: Convertible, sensitivities: Mapping[str, Mapping[Any, float]] | None = None, *,
                  pruned_flops: float | None = None, pruned_latency: float | None = None,
                  table: LatencyTable | None = None, criterion: str = "l1_norm",
                  max_ratio: float = GREATEST) -> dict[str, float]:
    """The ratios with which a part of the multiply-adds, or of the time, goes.

    Parameters
    ----------
    model : path, bytes, Graph, or module of to_torch
    sensitivities : mapping, optional
        As ``sensitivity`` gives them: all layers then lose equally much accuracy, and the ratios are those of
        the least loss that fits the budget. Without them all groups get one ratio.
    pruned_flops, pruned_latency : float
        The part that goes at least; one of both.
    table : LatencyTable, optional
        With ``pruned_latency``: of the machine that the model shall run on. See ``predicted_us``.
    criterion : str
        As of ``prune_channels``.
    max_ratio : float
        None is greater.

    Returns
    -------
    dict of layer to float
        As ``prune_channels`` takes them.

    Raises
    ------
    InputError
        If the budget cannot be reached: the message says how far one gets.
    """
    cost, part = _budget(pruned_flops, pruned_latency, table)
    demand_ratio(max_ratio, "max_ratio")
    pruner = Pruner(model, criterion)
    most = (1 - part) * cost(pruner.pruned({}))
    rows = {layer: {NOTHING: 0.0, **row} for layer, row in (sensitivities or {}).items()}
    losses = sorted({float(loss) for row in rows.values() for loss in row.values()})

    def at(place: float) -> dict[str, float]:
        """Ratios at a place between 0, nothing, and 1, as much as there is."""
        if sensitivities is None:
            return {group.layers[0]: place * max_ratio for group in pruner.dependencies.groups}
        found = get_ratios_by_loss(rows, _between(losses, place))
        return {layer: min(ratio, max_ratio) for layer, ratio in found.items()}

    reached = cost(pruner.pruned(at(1.0)))
    if reached > most:
        whole = most / (1 - part)
        raise InputError(f"at most {1 - reached / whole:.0%} can go, expected {part:.0%}", where="budget",
                         hint="allow greater ratios, or measure sensitivities at greater ones")
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if cost(pruner.pruned(at(middle))) <= most else (middle, high)
    return at(high)


def _budget(pruned_flops: float | None, pruned_latency: float | None,
            table: LatencyTable | None) -> tuple[Callable[[Graph], float], float]:
    """What a model costs, and the part of it that shall go."""
    if (pruned_flops is None) == (pruned_latency is None):
        raise InputError("expected either pruned_flops or pruned_latency", where="budget")
    if pruned_flops is not None:
        demand_ratio(pruned_flops, "pruned_flops")
        return lambda graph: float(flops(graph)), pruned_flops
    demand_ratio(pruned_latency, "pruned_latency")
    if table is None:
        raise InputError("a budget of time needs a latency table", where="table",
                         hint="lite.tuning.latency_table reads one; LatencyTable.add makes one of profiles")
    return lambda graph: predicted_us(graph, table), float(pruned_latency or 0)


def _between(losses: list[float], place: float) -> float:
    """A loss at a place between the least and the greatest measured, in steps from one to the next."""
    return float(np.interp(place * (len(losses) - 1), range(len(losses)), losses)) if losses else 0.0


def predicted_us(model: Convertible, table: LatencyTable) -> float:
    """How long a model takes by a latency table, in microseconds.

    A layer that the table lacks takes as long as the most alike one of its op, in proportion to its work:
    multiply-adds, or elements read and written. Ops that the table lacks altogether take no time.

    Parameters
    ----------
    model : path, bytes, Graph, or module of to_torch
        Of fixed extents, or of extents that may be as small as allowed.
    table : LatencyTable

    Raises
    ------
    InputError
        If the table has none of the model's ops.
    """
    graph = read(convert_to_bytes(model)[0])
    extents = {name: symbol.smallest for name, symbol in graph.symbols.items()}
    keys = [_key(node, extents) for node in graph.nodes]
    known = {op for op, _, _ in table.rows}
    if not known & {op for op, _, _ in keys}:
        raise InputError("it has none of the model's ops", where=f"the latency table of {table.machine}",
                         hint="measure the model on that machine")
    return sum(_time(key, table) for key in keys if key[0] in known)


def _key(node: Node, extents: Mapping[str, int]) -> Key:
    inputs, outputs = (
        tuple(() if value is None else tuple(evaluate(extent, extents) for extent in value.type.shape)
              for value in values)
        for values in (node.inputs, node.outputs))
    return node.op.name, inputs, outputs


def _time(key: Key, table: LatencyTable) -> float:
    if key in table.rows:
        return table.rows[key]
    rows = [row for row in table.rows if row[0] == key[0]]
    nearest = min(rows, key=lambda row: _distance(row, key))
    return table.rows[nearest] * _work(key) / _work(nearest)


def _distance(row: Key, key: Key) -> float:
    """How many times greater or smaller extents are, in all; very far if there are not as many of them."""
    pairs = [(_flat(row[1]), _flat(key[1])), (_flat(row[2]), _flat(key[2]))]
    if any(len(found) != len(wanted) for found, wanted in pairs):
        return math.inf
    return sum(abs(math.log(max(one, 1) / max(other, 1)))
               for found, wanted in pairs for one, other in zip(found, wanted))


def _flat(shapes: Shapes) -> list[int]:
    return [extent for shape in shapes for extent in shape]


def _work(key: Key) -> int:
    """Multiply-adds of a layer; elements of anything else."""
    op, inputs, outputs = key
    name, written = op.removeprefix("q_"), sum(map(math.prod, outputs))
    if name in ("conv2d", "fully_connected") and len(inputs) > 1:
        weights = inputs[1]
        return max(1, written * math.prod(weights) // weights[0 if name == "conv2d" else -1])
    if name == "matmul":
        return max(1, written * inputs[0][-1])
    return max(1, written + sum(map(math.prod, inputs)))
