# SPDX-License-Identifier: Apache-2.0
"""Static post-training quantization of an optimised float graph, from calibration to pairs in the graph."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lite.errors import CalibrationError
from lite.ir import Graph, Node, Value
from lite.ir.quant import Quantization
from lite.quant import observers
from lite.quant.algorithms.adaround import AdaRound
from lite.quant.algorithms.bias_correction import BiasCorrection
from lite.quant.algorithms.equalize import Equalize
from lite.quant.calibrate import MakeExecutor, Progress, Watch, calibrate, merged
from lite.quant.grouping import Group, Plan, plan
from lite.quant.insert import LayerWeights, insert
from lite.quant.layers import Layer, layers_of
from lite.quant.observers import Observer
from lite.quant.parameters import channel_scales, clamped, least_scales, of_range, spread
from lite.quant.roles import layer_names
from lite.quant.samples import Samples
from lite.quant.settings import Options, StaticPTQ
from lite.quant.table import Table, read_table, short

CHOOSERS = frozenset({"softmax", "log_softmax", "arg_max", "arg_min", "top_k"})
DECIDING = {"algo": "minmax"}  # of values that decide, unless a recipe says otherwise


@dataclass
class Outcome:
    """What was decided.

    Attributes
    ----------
    samples : int
        How many were seen; 0 if a table said everything.
    table : Table
    layers : dict of str to str
        By name of each layer that computes on integers, the name of the value it makes.
    kept_float : dict of str to str
        By name of each node that stays float, the reason.
    notes : list of str
        What was not done, and why.
    weights : dict of Node to array
        By layer, the reals that its integers stand for: those that equalizing left.
    """

    samples: int
    table: Table
    layers: dict[str, str] = field(default_factory=dict)
    kept_float: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    weights: dict[Node, np.ndarray] = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """All of it in plain types."""
        values = {name: {"scale": found.scale, "zero_point": found.zero_point, "dtype": found.dtype.value,
                         "min": found.lowest, "max": found.highest,
                         "shared_by": self.table.shared_by.get(name, [])}
                  for name, found in self.table.values.items()}
        return {"samples": self.samples, "values": values, "weights": dict(self.table.weights),
                "layers": self.layers, "kept_float": self.kept_float, "notes": self.notes}


def quantize(graph: Graph, settings: StaticPTQ, make_executor: MakeExecutor,
             tell: Progress | None = None) -> Outcome:
    """Calibrate an optimised float graph and put pairs of quantize and dequantize into it, in place.

    Parameters
    ----------
    graph : Graph
        As the float passes leave it, with no activation but bounds fused into layers.
    settings : StaticPTQ
    make_executor : MakeExecutor
        Prepares a graph for runs that give the values asked for.
    tell : callable(str), optional
        Hears what is done next.

    Returns
    -------
    Outcome

    Raises
    ------
    CalibrationError
        If the data cannot be used, or names in the settings mean nothing.
    """
    work = _Quantizer(graph, settings, make_executor, tell or (lambda message: None))
    outcome = work.run()
    graph.rounding = "even"  # a source's own is for integers that its framework chose
    if settings.table_out is not None:
        _write(outcome.table, settings)
    return outcome


def _write(table: Table, settings: StaticPTQ) -> None:
    path = str(settings.table_out)
    unfinished = f"{path}.part"
    try:
        with open(unfinished, "w", encoding="utf-8", newline="\n") as file:
            file.write(table.to_text())
        os.replace(unfinished, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(unfinished)
        raise CalibrationError(f"cannot write the calibration table: {error.strerror or error}",
                               where=path) from error


def decides(value: Value, graph: Graph) -> bool:
    """Whether a value's greatest elements are the model's answer, so that nothing of it may be cut off."""
    return graph.is_output(value) or any(node.op.name in CHOOSERS for node in value.users)


def _demand_finite(layer: Layer) -> None:
    for what, array in (("weights", layer.w), ("bias", layer.bias)):
        if array is not None and not np.isfinite(array).all():
            raise CalibrationError(f"its {what} hold NaN or infinity, expected finite numbers",
                                   where=f"layer {layer.name!r}", hint="the model itself is damaged")


class _Quantizer:
    """One quantization: the plan, who watches what, and what follows."""

    def __init__(self, graph: Graph, settings: StaticPTQ, make_executor: MakeExecutor,
                 tell: Progress) -> None:
        self._graph, self._settings, self._tell = graph, settings, tell
        self._make_executor = make_executor
        if any(node.op.name == "quantize" for node in graph.nodes):
            raise CalibrationError("the model is quantized already", where=graph.name,
                                   hint="convert it without calibration data: its own scales are kept")
        names = layer_names(graph)
        settings.demand_matches(list(names.values()))
        excluded = {node: settings.why_excluded(name) for node, name in names.items()}
        self._names = names
        self._plan: Plan = plan(graph, {node: why for node, why in excluded.items() if why is not None})
        self._layers = layers_of(self._plan, names)
        for layer in self._layers:
            _demand_finite(layer)
        self._options = {group.name: self._options_of(group) for group in self._plan.groups}
        self._given = Table() if settings.table is None else read_table(settings.table)
        self._notes: list[str] = []

    def _options_of(self, group: Group) -> Options:
        """Of the first layer that makes one of the group's values; else the defaults."""
        makers = [value.producer for value in group.sources if value.producer is not None]
        if any(decides(value, self._graph) for value in group.members):
            return self._settings.options(self._names[makers[0]] if makers else "", DECIDING)
        return self._settings.options(self._names[makers[0]]) if makers else self._settings.defaults

    def run(self) -> Outcome:
        self._check_table()
        unknown = [group for group in self._plan.groups if group.name not in self._given.values]
        samples = self._samples(unknown)
        if self._settings.equalize and samples is not None:
            self._equalize(samples)
        watching = {group.name: self._observer(group) for group in unknown}
        bias = BiasCorrection(self._layers) if self._settings.bias_correction and samples else None
        learns = self._settings.adaround and samples
        rounding = AdaRound(self._layers, self._settings.seed) if learns else None
        count = 0
        if samples is not None:
            parts: list[Mapping[str, Watch]] = [{value.name: watching[group.name].see}
                                                for group in unknown for value in group.sources]
            parts += [bias.watches()] if bias else []
            parts += rounding.watches() if rounding else []
            count = calibrate(self._graph, samples, self._make_executor, merged(parts), self._tell)
        values = {group.name: self._given.values.get(group.name) or self._chosen(group, watching[group.name])
                  for group in self._plan.groups}
        weights = self._weights(values, bias, rounding)
        outcome = self._outcome(count, values, weights, rounding)
        insert(self._plan, values, weights)
        return outcome

    def _check_table(self) -> None:
        known = {value.name for value in self._graph.values()}  # what is excluded now may be in the table
        strange = [name for name in self._given.values if name not in known]
        if strange:
            raise CalibrationError(f"the model has no quantized value {strange[0]!r}",
                                   where=str(self._settings.table),
                                   hint="was the table made for another model, or with other exclusions?")

    def _samples(self, unknown: list[Group]) -> Samples | None:
        settings = self._settings
        if settings.data is not None:
            return Samples(settings.data, self._graph, settings.num)
        if unknown:
            where = str(settings.table) if settings.table is not None else None
            raise CalibrationError(f"nothing says what range value {unknown[0].name!r} has", where=where,
                                   hint="give calibration data")
        asked = [name for name in ("bias_correction", "equalize", "adaround") if getattr(settings, name)]
        self._notes += [f"{name} was left out: it needs calibration data" for name in asked]
        return None

    def _equalize(self, samples: Samples) -> None:
        if not samples.again:
            raise CalibrationError("equalize goes through the data twice, and this can be gone through once",
                                   where="data", hint="give a list or a path instead of a generator")
        equalize = Equalize(self._graph, self._layers)
        watches = equalize.watches()
        if watches:
            calibrate(self._graph, samples, self._make_executor, merged([watches]), self._tell)
            equalize.apply()

    def _observer(self, group: Group) -> Observer:
        options = self._options[group.name]
        return observers.get(options.observer)(options.dtype, options.percentile)

    def _chosen(self, group: Group, observer: Observer) -> Quantization:
        found = observer.range()
        if found is None:
            self._notes.append(f"value {group.name!r} had no element in any sample: it gets the scale 1")
        elif not any(found):
            self._notes.append(f"value {group.name!r} was 0 in every sample: it gets the scale 1")
        return of_range(*(found or (0.0, 0.0)), self._options[group.name].dtype)

    def _weights(self, values: Mapping[str, Quantization], bias: BiasCorrection | None,
                 rounding: AdaRound | None) -> dict[Node, LayerWeights]:
        group_of = {value: group.name for group in self._plan.groups for value in group.members}
        chosen = {}
        for layer in self._layers:
            scales = self._scales(layer, values[group_of[layer.x]].scale)
            bits = self._settings.options(layer.name).weight_bits
            steps = rounding.rounded(layer, scales, bits, self._tell) if rounding else None
            if steps is None:
                steps = clamped(np.rint(layer.w / spread(scales, layer.axis, layer.w.ndim)), bits)
            real = steps * spread(scales, layer.axis, layer.w.ndim)
            new_bias = bias.bias(layer, real) if bias else layer.bias
            chosen[layer.node] = LayerWeights(steps, scales, layer.position, layer.axis, new_bias)
        return chosen

    def _scales(self, layer: Layer, x_scale: float) -> np.ndarray:
        given, options = self._given.weights.get(layer.name), self._settings.options(layer.name)
        if given is None:
            least = least_scales(layer.bias, x_scale)
            if np.ndim(least):  # groups of a transposed convolution share the scales of their columns
                least = np.asarray(least).reshape(-1, layer.w.shape[layer.axis]).max(axis=0)
            return channel_scales(layer.w, layer.axis, options.weights, least, options.weight_bits)
        bits = self._given.weight_bits.get(layer.name, 8)
        if bits > options.weight_bits:
            raise CalibrationError(f"its scales are for {bits} bits, and {options.weight_bits} are asked for",
                                   where=f"{self._settings.table}, weights {layer.name!r}",
                                   hint="take its weights out of the table: their scales need no data")
        if len(given) not in (1, layer.w.shape[layer.axis]):
            raise CalibrationError(f"it has {len(given)} scales, expected {layer.w.shape[layer.axis]}",
                                   where=f"{self._settings.table}, weights {layer.name!r}")
        return np.broadcast_to(np.asarray(given, np.float32), (layer.w.shape[layer.axis],)).copy()

    def _outcome(self, count: int, values: Mapping[str, Quantization], weights: Mapping[Node, LayerWeights],
                 rounding: AdaRound | None) -> Outcome:
        table = Table(self._graph.name, dict(values))
        table.weights = {self._names[node]: [short(scale) for scale in chosen.scales]
                         for node, chosen in weights.items()}
        bits = {name: self._settings.options(name).weight_bits for name in table.weights}
        table.weight_bits = {name: found for name, found in bits.items() if found != 8}
        table.shared_by = {group.name: [value.name for value in group.members[1:]]
                           for group in self._plan.groups if len(group.members) > 1}
        if rounding is not None:
            self._notes += [f"adaround left {name} rounded to nearest: it is too deep, or no convolution"
                            for name in rounding.left_out]
        layers = {self._names[node]: node.outputs[0].name for node in self._plan.layers()}
        if not layers:
            self._notes.append("no layer computes on integers: all are excluded, or have no integer form")
        kept = {self._names[node]: reason for node, reason in self._plan.reasons.items()}
        reals = {layer.node: layer.w for layer in self._layers}
        return Outcome(count, table, layers, kept, self._notes, reals)


