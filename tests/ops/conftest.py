# SPDX-License-Identifier: Apache-2.0
"""Two ways to run one op: in the engine, and as an ONNX node in onnxruntime."""

from __future__ import annotations

import pytest

from lite.ir import Graph, TensorType
from lite.nb.writer import to_bytes
from lite.session import Model


@pytest.fixture
def native():
    """native(op, inputs, threads=1, claimed=None): the engine's outputs.

    ``claimed`` is put into the file in place of ``op``, after shapes were inferred: a damaged file.
    """

    def run(op, inputs, threads=1, claimed=None):
        graph = Graph(op.name)
        feeds = {f"x{position}": array for position, array in enumerate(inputs)}
        values = [graph.add_input(name, TensorType.of(array)) for name, array in feeds.items()]
        graph.outputs = list(graph.add(op, values))
        graph.nodes[0].op = claimed or op
        return Model(to_bytes(graph)).session(threads=threads).run(None, feeds)

    return run


@pytest.fixture
def run_node():
    """run_node(kind, inputs, opset=..., **attributes): onnxruntime's outputs; None if it refuses.

    None among the inputs leaves one out.
    """
    onnx = pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    onnxruntime.set_default_logger_severity(4)
    helper = onnx.helper

    def run(kind, inputs, *, opset, outputs=1, **attributes):
        arrays = {f"x{position}": array for position, array in enumerate(inputs) if array is not None}
        names = ["" if array is None else f"x{position}" for position, array in enumerate(inputs)]
        node = helper.make_node(kind, names, [f"y{number}" for number in range(outputs)], **attributes)
        dtype = helper.np_dtype_to_tensor_dtype
        declared = [helper.make_tensor_value_info(name, dtype(array.dtype), array.shape)
                    for name, array in arrays.items()]
        made = [onnx.ValueInfoProto(name=name) for name in node.output]
        model = helper.make_model(helper.make_graph([node], "one", declared, made), ir_version=9,
                                  opset_imports=[helper.make_opsetid("", opset)])
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        try:
            return onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, arrays)
        except Exception:  # onnxruntime has a class of its own for each code of failure
            return None

    return run
