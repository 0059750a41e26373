# SPDX-License-Identifier: Apache-2.0
"""Quantized activations become unsigned, as onnxruntime's and OpenVINO's layers on x86 want them."""

from __future__ import annotations

from lite.ir import DType, Graph, Node, Value
from lite.ir.quant import Quantization
from lite.ops.dequantize import Dequantize
from lite.ops.quantize import Quantize
from lite.passes.quantized import of_scaling
from lite.passes.rule import Log, Pass

OFFSET = 128  # what is added to a signed byte


class UnsignedActivations(Pass):
    """quantize -> dequantize of s8 with a zero point that is not 0 anywhere: then all of them by u8.

    Where all zero points are 0 the integers stay signed: engines that know no other zero point want them so.
    """

    name = "unsigned_activations"

    def run(self, graph: Graph, log: Log) -> None:
        pairs = [node for node in graph.nodes if _is_private(node, graph)]
        if not any(node.op.attributes()["zero_point"] for node in pairs):
            return
        for node in pairs:
            scale = node.input(1)
            zero_point = node.op.attributes()["zero_point"] + OFFSET
            (q,) = graph.add(Quantize(zero_point, dtype=DType.U8), [node.input(0), scale], name=node.name,
                             before=node)  # fmt: skip
            said = of_scaling(node)
            q.quantization = Quantization(said.scale, zero_point, DType.U8) if said is not None else None
            for user in node.output.users:
                self._read_by(graph, user, q, zero_point)
            log.changes[self.name] += 1
            graph.remove_unread(node)

    def _read_by(self, graph: Graph, user: Node, q: Value, zero_point: int) -> None:
        (real,) = graph.add(Dequantize(zero_point), [q, user.input(1)], name=user.name, before=user)
        name = user.output.name
        graph.replace_uses(user.output, real)
        graph.remove_unread(user)
        graph.claim_name(real, name)


def _is_private(node: Node, graph: Graph) -> bool:
    """Whether a node makes signed bytes, one scale for all, that nothing but dequantize reads."""
    if node.op.name != "quantize" or node.output.type.dtype is not DType.S8 or of_scaling(node) is None:
        return False
    users = node.output.users
    return not graph.is_output(node.output) and all(
        user.op.name == "dequantize" and of_scaling(user) is not None
        and user.op.attributes()["zero_point"] == node.op.attributes()["zero_point"] for user in users)
