# SPDX-License-Identifier: Apache-2.0
"""Where the values of a source model are found in a graph: other axes, integers, other names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lite.ir import Graph, Value
from lite.ir.quant import ACTIVATIONS, Quantization, dequantize, quantize
from lite.passes.quantized import moved_inputs, of_scaling

# What the pass to_nhwc calls x with its axes in another order.
REORDERED = re.compile(r"(?P<name>.+):(?P<order>[0-7]+)", re.DOTALL)
# What static quantization calls x as integers and as what comes back from them.
SCALED = re.compile(r"(?P<name>.+)\.(de)?quantize", re.DOTALL)


@dataclass(frozen=True)
class Place:
    """A value of the source model in a graph.

    Attributes
    ----------
    value : Value
    name : str
        In the source model.
    order : tuple of int
        How the axes lie.
    quantization : Quantization, optional
        What its integers stand for; of a float value: through which integers it has gone.
    """

    value: Value
    name: str
    order: tuple[int, ...]
    quantization: Quantization | None = None

    def decoded(self, array: np.ndarray) -> np.ndarray:
        """What the graph has, in reals and in the order of the source model's axes."""
        found = self.quantization
        if found is not None and not self.value.type.dtype.is_float:
            array = dequantize(array, found.scale, found.zero_point)
        return array.transpose(np.argsort(self.order)) if array.ndim == len(self.order) else array

    def encoded(self, array: np.ndarray) -> np.ndarray:
        """What the graph would have if the source model's value were this one."""
        lying = array.transpose(self.order)
        found = self.quantization
        if found is not None:
            steps = quantize(lying, found.scale, found.zero_point, found.dtype)
            is_float = self.value.type.dtype.is_float
            lying = dequantize(steps, found.scale, found.zero_point) if is_float else steps
        return np.ascontiguousarray(lying, self.value.type.dtype.numpy).reshape(lying.shape)


def places_of(graph: Graph) -> dict[Value, Place]:
    """Every input and every value that a node makes, under the name that the source model has for it.

    What lies before and behind a ``quantize`` or ``dequantize`` is the same value of the source model.
    """
    known = quantizations(graph)
    places: dict[Value, Place] = {}
    for value in [*graph.inputs, *(value for node in graph.nodes for value in node.outputs)]:
        before = _before_scaling(value, places)
        if graph.is_output(value) and value.type.dtype.is_float:
            before = None  # its name is the model's
        name, order = (before.name, before.order) if before is not None else written_name(value)
        places[value] = Place(value, name, order, known.get(value) or _passed(value, known))
    return places


def _before_scaling(value: Value, places: Mapping[Value, Place]) -> Place | None:
    """What was only quantized or dequantized to make a value."""
    node = value.producer
    if node is None or node.op.name not in ("quantize", "dequantize") or node.inputs[0] is None:
        return None
    return places.get(node.inputs[0])


def _passed(value: Value, known: Mapping[Value, Quantization]) -> Quantization | None:
    """Of a dequantized value: its integers."""
    node = value.producer
    if node is None or node.op.name != "dequantize" or node.inputs[0] is None:
        return None
    return known.get(node.inputs[0])


def written_name(value: Value) -> tuple[str, tuple[int, ...]]:
    """The name in the source model and the order of the axes."""
    scaled = SCALED.fullmatch(value.name)
    written = scaled["name"] if scaled is not None else value.name
    match = REORDERED.fullmatch(written)
    order = tuple(int(digit) for digit in match["order"]) if match else ()
    if match is None or sorted(order) != list(range(value.type.rank)):
        return written, tuple(range(value.type.rank))
    return match["name"], order


def plain_name(name: str) -> str:
    """What the source model calls a value of this name."""
    match = REORDERED.fullmatch(name)
    return match["name"] if match is not None else name


def quantizations(graph: Graph) -> dict[Value, Quantization]:
    """What integers stand for: as they say, by the ops around them, or by what they are moved from."""
    known: dict[Value, Quantization] = {}
    for value in [*graph.inputs, *(value for node in graph.nodes for value in node.outputs)]:
        if value.type.dtype not in ACTIVATIONS:
            continue
        found = value.quantization or _by_neighbours(value) or _by_moving(value, known)
        if found is not None:
            known[value] = found
    return known


def _by_neighbours(value: Value) -> Quantization | None:
    makers = [value.producer] if value.producer is not None else []
    scaling = [node for node in makers if node.op.name == "quantize"]
    scaling += [node for node in value.users if node.op.name == "dequantize" and node.input(0) is value]
    return next((found for found in map(of_scaling, scaling) if found is not None), None)


def _by_moving(value: Value, known: Mapping[Value, Quantization]) -> Quantization | None:
    node = value.producer
    moved = [node.inputs[position] for position in moved_inputs(node)] if node is not None else []
    return next((known[source] for source in moved if source is not None and source in known), None)
