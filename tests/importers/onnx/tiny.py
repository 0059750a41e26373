# SPDX-License-Identifier: Apache-2.0
"""Tiny ONNX models, and the comparison of lite with onnxruntime on them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import lite_backend
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from lite import importers
from lite.ir import Graph
from lite.ir.verify import verify

IR_VERSION = 10  # onnxruntime lags behind onnx


def model(
    nodes: Sequence[Any],
    inputs: Mapping[str, np.ndarray | tuple[Any, ...]],
    outputs: Sequence[str] = ("y",),
    *,
    constants: Mapping[str, np.ndarray] | None = None,
    opset: int = 17,
    functions: Sequence[Any] = (),
    output_types: Mapping[str, int] | None = None,
) -> Any:
    """A model of some nodes.

    Parameters
    ----------
    inputs : mapping of name to array or shape
        An array states shape and type; a shape (of ints, names or None) is of float32.
    """
    types = output_types or {}
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [_value(name, given) for name, given in inputs.items()],
        [
            helper.make_tensor_value_info(name, types.get(name, TensorProto.UNDEFINED), None)
            if name not in types
            else helper.make_tensor_value_info(name, types[name], None)
            for name in outputs
        ],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in (constants or {}).items()],
    )
    imports = [helper.make_opsetid("", opset)] + [
        helper.make_opsetid(domain, 1) for domain in {function.domain for function in functions}
    ]
    made = helper.make_model(graph, opset_imports=imports, functions=list(functions), ir_version=IR_VERSION)
    for output in made.graph.output:
        if output.type.tensor_type.elem_type == TensorProto.UNDEFINED:
            output.ClearField("type")
    return made


def _value(name: str, given: Any) -> Any:
    if isinstance(given, np.ndarray):
        elem_type = helper.np_dtype_to_tensor_dtype(given.dtype)
        return helper.make_tensor_value_info(name, elem_type, given.shape)
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, given)


def load(made: Any, **options: Any) -> Graph:
    """Import a model and verify the graph."""
    graph = importers.load(made.SerializeToString(), format="onnx", **options)
    verify(graph)
    return graph


def onnxruntime_outputs(made: Any, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return dict(
        zip(
            [output.name for output in made.graph.output],
            onnxruntime_session(made.SerializeToString()).run(None, dict(feeds)),
        )
    )


def onnxruntime_session(source: Any) -> Any:
    """A quiet session on one thread."""
    import onnxruntime

    return _session(onnxruntime, source)


@functools.lru_cache(maxsize=64)
def _session(onnxruntime: Any, content: Any) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def agree(
    made: Any,
    feeds: Mapping[str, np.ndarray],
    *,
    native: bool = False,
    rtol: float = 1e-4,
    atol: float = 1e-5,
    **options: Any,
) -> Graph:
    """Import a model, run it and compare with onnxruntime; the imported graph.

    By the numpy interpreter, or (``native``) through the passes and by the engine.
    """
    made = with_output_types(made)
    graph = load(made, **options)
    frozen = options.get("freeze_inputs", {})
    run = lite_backend.runner(load(made, **options), native)
    found = run({name: array for name, array in feeds.items() if name not in frozen})
    compare(found, onnxruntime_outputs(made, feeds), rtol, atol)
    return graph


def compare(
    found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], rtol: float, atol: float
) -> None:
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype, name
        assert found[name].shape == array.shape, name
        np.testing.assert_allclose(found[name], array, rtol=rtol, atol=atol, err_msg=name)


def with_output_types(made: Any) -> Any:
    """The model with the types of its outputs, which onnxruntime asks for."""
    if all(output.type.tensor_type.elem_type for output in made.graph.output):
        return made
    inferred = onnx.shape_inference.infer_shapes(made)
    for output, typed in zip(made.graph.output, inferred.graph.output):
        output.type.CopyFrom(typed.type)
    return made


def opened(made: Any, names: Mapping[str, Sequence[str | None]]) -> Any:
    """The model with extents of inputs left open: a name for each axis, None keeps the extent."""
    copy = onnx.ModelProto()
    copy.CopyFrom(made)
    for item in copy.graph.input:
        for dim, name in zip(item.type.tensor_type.shape.dim, names.get(item.name, ())):
            if name is not None:
                dim.Clear()
                dim.dim_param = name
    for output in copy.graph.output:
        output.type.tensor_type.ClearField("shape")
    return copy
