# SPDX-License-Identifier: Apache-2.0
"""Inputs of an ONNX graph: their types, symbols for extents that are open, and the caller's options."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lite.errors import InputError, ModelFormatError, UnsupportedOpError
from lite.importers._emitter import Emitter
from lite.importers._report import UnsupportedReport
from lite.importers.onnx.model import Model
from lite.importers.onnx.scope import Scope
from lite.importers.onnx.tensors import computed, dtype_of
from lite.ir import Dim, DType, Extent, Symbol, TensorType, Value


class InputOptions:
    """What the caller says about inputs.

    Attributes
    ----------
    shapes : dict of name to shape
        In the place of what the model declares.
    frozen : dict of name to array
        Inputs that become constants.

    Raises
    ------
    InputError
        If a name is no input of the model.
    """

    def __init__(
        self, model: Model, shapes: Mapping[str, Sequence[Extent]], frozen: Mapping[str, np.ndarray]
    ) -> None:
        self.shapes = {name: tuple(shape) for name, shape in shapes.items()}
        self.frozen = {name: np.asarray(array) for name, array in frozen.items()}
        names = [item.name for item in model.graph.input]
        for option, given in (("input_shapes", self.shapes), ("freeze_inputs", self.frozen)):
            unknown = sorted(set(given) - set(names))
            if unknown:
                raise InputError(f"{option} names {unknown}, but the inputs are {names}", where=model.where)


def define_inputs(
    graph: Any, options: InputOptions, scope: Scope, emitter: Emitter, report: UnsupportedReport
) -> None:
    """Give the names of a graph's inputs to values; inputs with an initialiser are constants."""
    initialised = {tensor.name for tensor in graph.initializer}
    for item in graph.input:
        if item.name in initialised and item.name not in options.frozen:
            continue
        try:
            value = _input(item, options, emitter)
        except UnsupportedOpError as error:
            report.add("(input)", item.name, error.message, error.hint or "")
            scope.define_broken(item.name)
        else:
            scope.define(item.name, value)


def _input(item: Any, options: InputOptions, emitter: Emitter) -> Value:
    if item.type.WhichOneof("value") != "tensor_type":
        kind = (item.type.WhichOneof("value") or "untyped").replace("_type", "")
        raise UnsupportedOpError(
            f"{kind} inputs are not supported", hint="export the model with tensors as inputs"
        )
    dtype = dtype_of(item.type.tensor_type.elem_type)
    if item.name in options.frozen:
        return emitter.constant(options.frozen[item.name], computed(dtype).numpy, item.name)
    declared = DType.F32 if dtype is DType.BF16 else dtype
    value = emitter.graph.add_input(item.name, TensorType(_shape(item, options, emitter), declared))
    return value if computed(declared) is declared else emitter.emit("cast", value, to=computed(declared))


def _shape(item: Any, options: InputOptions, emitter: Emitter) -> tuple[Extent, ...]:
    tensor = item.type.tensor_type
    if item.name in options.shapes:
        shape = _given(item, options.shapes[item.name])
    elif not tensor.HasField("shape"):
        raise UnsupportedOpError(
            "the model does not declare its rank",
            hint=f"give its shape: input_shapes={{{item.name!r}: (1, 3, 224, 224)}}",
        )
    else:
        shape = tuple(_declared(item.name, axis, dim) for axis, dim in enumerate(tensor.shape.dim))
    for extent in shape:
        for name in sorted(extent.symbols()) if isinstance(extent, Dim) else ():
            emitter.graph.symbols.setdefault(name, Symbol(name))
    return shape


def _given(item: Any, shape: tuple[Extent, ...]) -> tuple[Extent, ...]:
    tensor = item.type.tensor_type
    if tensor.HasField("shape") and len(tensor.shape.dim) != len(shape):
        raise InputError(
            f"input_shapes gives {item.name!r} the shape {list(shape)}, "
            f"but its rank is {len(tensor.shape.dim)}"
        )
    if any(isinstance(extent, int) and extent < 0 for extent in shape):
        raise InputError(f"input_shapes gives {item.name!r} the shape {list(shape)}")
    return shape


def _declared(name: str, axis: int, dim: Any) -> Extent:
    if not dim.HasField("dim_value") or dim.dim_value == -1:  # some exporters write -1 for "open"
        return Dim.symbol(_identifier(dim.dim_param) or _identifier(name) + f"_{axis}")
    if dim.dim_value < 0:
        raise ModelFormatError(
            f"input {name!r} declares the extent {dim.dim_value} for axis {axis}",
            hint="input_shapes replaces what the model declares",
        )
    return int(dim.dim_value)


def _identifier(name: str) -> str:
    """A symbol's name from a name that may hold anything; "" if it holds no letter or digit."""
    word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    return f"d{word}" if word[:1].isdigit() else word
