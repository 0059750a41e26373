# SPDX-License-Identifier: Apache-2.0
"""Room: exporters/onnx - ONNX models of one opset, quantized ones as QuantizeLinear and DequantizeLinear.
In:   a Graph in NCHW whose quantized values stand between quantize and dequantize.
Out:  a ModelProto's bytes, which onnx.checker accepts.
May import: onnx, importers, ops, ir, errors, numpy.
"""

from __future__ import annotations

from lite.errors import MissingDependencyError
from lite.ir import Graph


def written(graph: Graph) -> tuple[bytes, int, dict[str, int]]:
    """A graph as an ONNX model; names of inputs and outputs are kept, open extents become ``dim_param``.

    Returns
    -------
    tuple
        The model's bytes, its opset, and how many nodes it has of each op.

    Raises
    ------
    UnsupportedOpError
        If ops, element types or extents cannot be said in ONNX: lists all of them.
    MissingDependencyError
        If the package onnx is missing.
    InputError
        If the model would be larger than a protobuf can be.
    """
    try:
        from lite.exporters.onnx.model import serialized
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("onnx", "google"):
            raise
        raise MissingDependencyError(
            "exporting ONNX models needs the package onnx", hint="pip install onnx"
        ) from error
    return serialized(graph)
