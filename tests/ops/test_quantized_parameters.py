# SPDX-License-Identifier: Apache-2.0
"""Parameters that nothing quantized can have are refused when a graph is made, and when a file is loaded."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from lite import Model, ops
from lite.errors import LiteError, ShapeError
from lite.ir import Graph, TensorType
from lite.nb.writer import to_bytes

REALS = (0.0, -1.0, float("nan"), float("inf"), 1e38, 1e-38, 1e-45)
SCALES = ("scale", "a_scale", "b_scale", "x_scale", "y_scale", "epsilon", "residual_scale")
ZERO_POINTS = ("zero_point", "x_zero", "y_zero", "a_zero", "b_zero", "residual_zero")
WITH_PARAMETERS = [kind for kind in ops.all_ops() if kind.name.startswith(("q_", "quantize", "dequantize"))]


def _wrong(kind: type[Any]) -> list[tuple[str, Any]]:
    """Attributes of an op with values that they cannot have."""
    names = {field.name for field in dataclasses.fields(kind)}
    reals = [(name, value) for name in SCALES if name in names for value in REALS
             if (name, value) != ("b_scale", -1.0)]  # that subtracts
    zero_points = [(name, value) for name in ZERO_POINTS if name in names for value in (256, -129, 2**31)]
    bounds = [(name, value) for name in ("lo", "hi") if name in names for value in (128, -129)]
    roundings = [("rounding", "once")] if "rounding" in names else []
    return [*reals, *zero_points, *bounds, *roundings]


CASES = [(kind, *wrong) for kind in WITH_PARAMETERS for wrong in _wrong(kind)]


@pytest.mark.parametrize(("kind", "name", "value"), CASES, ids=[f"{k.name}-{n}={v}" for k, n, v in CASES])
def test_attributes_are_refused_twice(kind, name, value):
    op, inputs = _sample(kind, name)
    graph = _graph(op, inputs)
    Model(to_bytes(graph)).session()  # the sample itself is in order
    changed = op.replace(**{name: value})
    with pytest.raises(ShapeError):
        changed.infer(*map(TensorType.of, inputs))
    graph.nodes[0].op = changed
    with pytest.raises(LiteError):
        Model(to_bytes(graph)).session()


@pytest.mark.parametrize("name", ("q_conv2d", "q_fully_connected"))
def test_sums_with_a_residual_are_rounded_once(name):
    op, inputs = _sample(ops.get(name), "residual_scale")
    graph, changed = _graph(op, inputs), op.replace(rounding="twice")
    with pytest.raises(ShapeError, match="only sums of s8 without a residual are rounded twice"):
        changed.infer(*map(TensorType.of, inputs))
    graph.nodes[0].op = changed
    with pytest.raises(LiteError, match="only sums of s8 without a residual are rounded twice"):
        Model(to_bytes(graph)).session()


@pytest.mark.parametrize("value", (0.0, -1.0, float("nan"), float("inf"), 1e-45))
@pytest.mark.parametrize("name", ("q_conv2d", "q_fully_connected", "q_conv2d_transpose"))
def test_constant_scales_are_refused(name, value):
    op, inputs = _sample(ops.get(name), "")
    inputs[3] = inputs[3].copy()
    inputs[3][-1] = value
    with pytest.raises(LiteError, match="the scale has"):
        Model(to_bytes(_graph(op, inputs))).session()


@pytest.mark.parametrize("name", ("quantize", "dequantize"))
def test_constant_scales_of_conversions_are_refused(name):
    op, inputs = _sample(ops.get(name), "")
    with pytest.raises(LiteError, match="2\\^-100"):
        Model(to_bytes(_graph(op, [inputs[0], np.float32(1e-38)]))).session()


def _sample(kind: type[Any], name: str) -> tuple[Any, list[Any]]:
    """A small sample; with a residual, if the attribute is the residual's."""
    for op, inputs in kind.samples():
        arrays = [np.zeros(x.shape, x.dtype.numpy) if isinstance(x, TensorType) else x for x in inputs]
        if arrays[0].dtype != np.int16 and (not name.startswith("residual") or len(arrays) > 4):
            return op, arrays
    raise AssertionError(f"{kind.name} has no sample for {name}")


def _graph(op: Any, inputs: list[Any]) -> Graph:
    graph = Graph()
    constants = [graph.constant(np.asarray(array)) for array in inputs[1:]]
    values = [graph.add_input("x", TensorType.of(inputs[0])), *constants]
    graph.outputs = list(graph.add(op, values))
    return graph
