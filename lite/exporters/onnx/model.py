# SPDX-License-Identifier: Apache-2.0
"""A whole graph as a ModelProto."""

from __future__ import annotations

from collections import Counter

from onnx import ModelProto, ValueInfoProto, helper

from lite.errors import InputError, UnsupportedOpError
from lite.exporters.onnx import rules
from lite.exporters.onnx.emission import Emission
from lite.exporters.onnx.writer import ELEM_TYPES, IR_VERSIONS, Writer
from lite.importers._report import UnsupportedReport
from lite.ir import Graph, Node, Value

MOST_BYTES = (1 << 31) - 1  # of a protobuf
_SLACK = 1 << 20  # for all but the tensors


def serialized(graph: Graph) -> tuple[bytes, int, dict[str, int]]:
    """See ``lite.exporters.onnx.written``."""
    held = sum(value.array.nbytes for value in graph.constants() if value.array is not None)
    if held > MOST_BYTES - _SLACK:
        raise InputError(f"its constants take {held / 1e9:.2f} GB, and a file of ONNX holds 2.15 GB at most",
                         where=graph.name, hint="make its weights integers: lite opt --quant_model=true")
    made = model(graph)
    nodes = Counter(node.op_type for node in made.graph.node)
    return made.SerializeToString(), made.opset_import[0].version, dict(nodes)


def model(graph: Graph) -> ModelProto:
    """A graph as a ModelProto.

    Raises
    ------
    UnsupportedOpError
        Lists all nodes that cannot be written, and why.
    """
    writer, report = Writer(graph), UnsupportedReport(graph.name, "exported")
    for node in graph.nodes:
        try:
            _write(writer, node)
        except UnsupportedOpError as error:
            report.add(node.op.name, node.name, error.message, error.hint or "")
    report.raise_if_any()
    for value in graph.outputs:
        writer.value(value)
    made = helper.make_graph(
        writer.nodes, graph.name or "graph", [_info(value) for value in graph.inputs],
        [_info(value) for value in graph.outputs], initializer=writer.tensors)  # fmt: skip
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", writer.opset)],
                             ir_version=IR_VERSIONS[writer.opset], producer_name="lite")


def _write(writer: Writer, node: Node) -> None:
    since = len(writer.nodes)
    answer = rules.find(node.op.name)(Emission(writer, node))
    names = answer if isinstance(answer, list) else [answer]
    made, wanted = writer.made_since(since), {}
    for name, value in zip(names, node.outputs):
        if name not in made or name in wanted:
            (name,) = writer.emit("Identity", [name], node.name)
        wanted[name] = value.name
    writer.rename(since, wanted)


def _info(value: Value) -> ValueInfoProto:
    shape = [extent if isinstance(extent, int) else str(extent) for extent in value.type.shape]
    return helper.make_tensor_value_info(value.name, ELEM_TYPES[value.type.dtype], shape)
