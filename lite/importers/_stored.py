# SPDX-License-Identifier: Apache-2.0
"""Weights that are stored as integers: dequantize of a constant; moves go to the integers themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lite.ir import Extent, Graph, Value
from lite.ops.dequantize import Dequantize


def is_stored(value: Value) -> bool:
    """Whether a value is the dequantize of a constant."""
    node = value.producer
    return node is not None and node.op.name == "dequantize" and node.inputs[0] is not None and (
        node.inputs[0].is_constant)


def is_fixed(value: Value) -> bool:
    """Whether a value is a constant, or stored as one."""
    return value.is_constant or is_stored(value)


def transposed(graph: Graph, value: Value, perm: Sequence[int]) -> Value:
    """Stored weights with their axes permuted."""
    integers, axis = _parts(value)
    return _remade(graph, value, np.ascontiguousarray(integers.transpose(perm)), list(perm).index(axis))


def reshaped(graph: Graph, value: Value, shape: Sequence[Extent]) -> Value | None:
    """Stored weights in another shape; None if the axis of the scales does not survive that."""
    integers, axis = _parts(value)
    extents = tuple(int(extent) for extent in shape if isinstance(extent, int))
    if len(extents) != len(shape) or math.prod(extents) != integers.size:
        return None
    if _scales(value).ndim == 0:
        return _remade(graph, value, integers.reshape(extents), 0)
    before, extent = math.prod(integers.shape[:axis]), integers.shape[axis]
    kept = [at for at in range(len(extents)) if extents[at] == extent and math.prod(extents[:at]) == before]
    return _remade(graph, value, integers.reshape(extents), kept[0]) if kept else None


def _parts(value: Value) -> tuple[np.ndarray, int]:
    assert value.producer is not None and isinstance(value.producer.op, Dequantize)
    integers = value.producer.inputs[0]
    assert integers is not None and integers.array is not None
    return integers.array, value.producer.op.axis


def _scales(value: Value) -> np.ndarray:
    assert value.producer is not None and value.producer.inputs[1] is not None
    return np.asarray(value.producer.inputs[1].array)


def _remade(graph: Graph, value: Value, integers: np.ndarray, axis: int) -> Value:
    node = value.producer
    assert node is not None and node.inputs[0] is not None and isinstance(node.op, Dequantize)
    constant = graph.constant(integers, node.inputs[0].name)
    op = Dequantize(zero_point=node.op.zero_point, axis=axis)
    return graph.add(op, [constant, node.inputs[1]], name=node.name)[0]
