# SPDX-License-Identifier: Apache-2.0
"""Weights only: layers keep computing in floats, their weights become integers with scales per channel.

No data is needed. Files and memory shrink; whether a run is quicker depends on what bounds it.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lite.errors import InputError, ModelFormatError
from lite.ir import DType, Graph, Node, Value
from lite.ir.quant import GREATEST_SCALE, LEAST_SCALE
from lite.ops._weights import Place, place_of, scale_position, weights_position

QUANT_TYPES = {"QUANT_INT8": 8, "QUANT_INT16": 16}  # Paddle Lite's words
_DTYPES = {8: DType.S8, 16: DType.S16}
_LEAST_HALF = 2.0**-20  # below, steps of f16 are more than 6 % of a scale
_CLIPS = np.linspace(1.0, 0.7, 31)  # parts of a channel's greatest weight that may be the greatest integer


@dataclass(frozen=True)
class WeightOnly:
    """Quantize weights, without data; activations stay float.

    Parameters
    ----------
    bits : {8, 16}
        Of a weight. 16 bits change next to nothing; 8 bits halve the file again.
    exclude : sequence of str
        Layers that stay float: names of nodes or of their weights, or regular expressions that match all of
        such a name.
    smallest : int
        Tensors of fewer elements stay float: their scales would take what they save.

    Raises
    ------
    InputError
        If there is no such number of bits, or an expression is none.
    """

    bits: int = 8
    exclude: Sequence[str] = ()
    smallest: int = 64

    def __post_init__(self) -> None:
        if self.bits not in _DTYPES:
            raise InputError(f"bits is {self.bits}, expected 8 or 16", where="WeightOnly")
        if isinstance(self.exclude, str):
            object.__setattr__(self, "exclude", (self.exclude,))
        for pattern in self.exclude:
            try:
                re.compile(pattern)
            except re.error as error:
                raise InputError(f"exclude has {pattern!r}, which is no regular expression: {error}",
                                 where="WeightOnly") from None

    @property
    def dtype(self) -> DType:
        """Element type of the weights."""
        return _DTYPES[self.bits]


def bits_of(quant_type: str) -> int:
    """Bits of a weight by Paddle Lite's word for it.

    Raises
    ------
    InputError
    """
    if quant_type not in QUANT_TYPES:
        near = difflib.get_close_matches(str(quant_type).upper(), QUANT_TYPES, 1, cutoff=0.5)
        raise InputError(f"quant_type is {quant_type!r}, expected {' or '.join(QUANT_TYPES)}",
                         hint=f"did you mean {near[0]}?" if near else None)
    return QUANT_TYPES[quant_type]


@dataclass
class Outcome:
    """What became of the weights of a graph.

    Attributes
    ----------
    bits : int
    layers : int
        Number of layers whose weights are integers now.
    weights : int
        Number of their weights.
    kept_float : dict of str to str
        By name of each layer whose weights stay float, the reason.
    """

    bits: int
    layers: int = 0
    weights: int = 0
    kept_float: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """All of it in plain types."""
        return dataclasses.asdict(self)


def quantize_weights(graph: Graph, options: WeightOnly) -> Outcome:
    """Turn the constant weights of layers into integers, in place.

    Parameters
    ----------
    graph : Graph
        Optimised: no pass that computes with weights may follow.
    options : WeightOnly

    Raises
    ------
    InputError
        If something is excluded that is not there.
    ModelFormatError
        If weights are NaN or infinite.
    """
    layers = [(node, place) for node in graph.nodes if (place := _place(node)) is not None]
    _check_names(options.exclude, [name for node, place in layers for name in _names(node, place)])
    outcome, chosen = Outcome(options.bits), []
    for node, place in layers:
        reason = _reason_to_keep(node, place, options)
        if reason is None:
            _check_finite(node, place)
            chosen.append((node, place))
        else:
            outcome.kept_float[node.name] = reason
    outcome.layers = len(chosen)
    outcome.weights = _replace(graph, chosen, options.dtype)
    return outcome


def _replace(graph: Graph, layers: Sequence[tuple[Node, Place]], dtype: DType) -> int:
    """Give layers integers and scales for their weights; how many weights that are."""
    made: dict[tuple[Value, int, int], tuple[Value, Value]] = {}
    for node, place in layers:
        value = node.inputs[place.position]
        assert value is not None
        key = (value, place.axis, place.groups)
        if key not in made:
            made[key] = _quantized(graph, value, place, dtype)
        q, scale = made[key]
        graph.set_input(node, place.position, q)
        graph.set_input(node, scale_position(node.op), scale)
        if not value.uses and not graph.is_output(value):
            graph.claim_name(q, value.name)
    return sum(int(value.type.count) for value, _, _ in made)


def _place(node: Node) -> Place | None:
    """Where a layer of floats has constant weights; None if it has none."""
    position = weights_position(node.op)
    value = node.input(position) if position is not None else None
    if value is None or not value.is_constant or value.type.dtype is not DType.F32 or value.type.count == 0:
        return None
    return place_of(node.op, value.type.rank)


def _names(node: Node, place: Place) -> tuple[str, str]:
    value = node.inputs[place.position]
    assert value is not None
    return node.name, value.name


def _check_names(exclude: Sequence[str], names: Sequence[str]) -> None:
    for pattern in exclude:
        if not any(_matches(pattern, name) for name in names):
            near = difflib.get_close_matches(pattern, names, 1)
            raise InputError(f"exclude has {pattern!r}, which no layer with weights is called",
                             where="WeightOnly", hint=f"did you mean {near[0]!r}?" if near else None)


def _matches(pattern: str, name: str) -> bool:
    return pattern == name or re.fullmatch(pattern, name) is not None


def _reason_to_keep(node: Node, place: Place, options: WeightOnly) -> str | None:
    value = node.inputs[place.position]
    assert value is not None
    if any(_matches(pattern, name) for pattern in options.exclude for name in _names(node, place)):
        return "it is excluded"
    if int(value.type.count) < options.smallest:
        return f"its weights are {value.type.count} elements, fewer than {options.smallest}"
    return None


def _check_finite(node: Node, place: Place) -> None:
    value = node.inputs[place.position]
    assert value is not None and value.array is not None
    wrong = int(np.sum(~np.isfinite(value.array)))
    if wrong:
        raise ModelFormatError(f"{wrong} of {value.array.size} weights {value.name!r} are NaN or infinite",
                               where=f"node {node.name!r} ({node.op.name})",
                               hint=f"exclude {node.name!r} to keep them float")


def _quantized(graph: Graph, value: Value, place: Place, dtype: DType) -> tuple[Value, Value]:
    """Weights as integers, and their scales."""
    assert value.array is not None
    scale = channel_scales(place.rows(value.array), dtype)
    q = integers(value.array, place.spread(scale, value.array.shape), dtype)
    return graph.constant(q, value.name), graph.constant(scale, f"{value.name}.scale")


def integers(w: np.ndarray, scale: np.ndarray, dtype: DType) -> np.ndarray:
    """The nearest integers, within what is symmetric about 0."""
    greatest = np.iinfo(dtype.numpy).max
    steps = np.rint(w.astype(np.float64) / np.asarray(scale, np.float64))
    return np.asarray(np.clip(steps, -greatest, greatest), dtype.numpy)


def channel_scales(rows: np.ndarray, dtype: DType) -> np.ndarray:
    """The scale of each row: of the least square error for 8 bits, of its greatest weight for 16.

    They are f16 where all of them are great enough for it, rounded up; the integers are those of the rounded
    scales, so nothing is lost. A row of zeros has the scale 1. Scales keep to 2^-100 to 2^100: weaker rows
    become zeros, stronger ones are cut off.

    Parameters
    ----------
    rows : ndarray [channels, elements]
    dtype : DType
    """
    peak = np.max(np.abs(rows), axis=1, initial=0.0).astype(np.float64) / np.iinfo(dtype.numpy).max
    full = np.where(peak == 0, 1.0, np.clip(peak, LEAST_SCALE, GREATEST_SCALE))
    clips = _CLIPS if dtype is DType.S8 else _CLIPS[:1]
    kind = np.float16 if np.min(full) * clips[-1] >= _LEAST_HALF and np.max(full) <= 1 else np.float32
    best, error = _rounded_up(full, kind), np.full(len(rows), np.inf)
    for clip in clips:
        scale = _rounded_up(np.maximum(full * clip, LEAST_SCALE), kind)
        found = _square_errors(rows, scale, dtype)
        best, error = np.where(found < error, scale, best), np.minimum(found, error)
    return best


def _rounded_up(scale: np.ndarray, kind: type[np.floating]) -> np.ndarray:
    rounded = scale.astype(kind)
    return np.asarray(np.where(rounded < scale, np.nextafter(rounded, kind(np.inf)), rounded), kind)


def _square_errors(rows: np.ndarray, scale: np.ndarray, dtype: DType) -> np.ndarray:
    column = scale.astype(np.float64)[:, None]
    return np.asarray(np.sum((integers(rows, column, dtype) * column - rows) ** 2, axis=1))
