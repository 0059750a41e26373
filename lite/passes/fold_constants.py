# SPDX-License-Identifier: Apache-2.0
"""What can be computed at compile time is: nodes that read constants only, and known shapes."""

from __future__ import annotations

import numpy as np

from lite.errors import LiteError
from lite.ir import Dim, Graph, Node, Value
from lite.ir.interpret import apply
from lite.passes.rule import Log, Pass


class FoldConstants(Pass):
    """Replaces nodes whose result is known by constants.

    A result that is much greater than what it is made of (a constant spread over an image, say) stays
    as it is: the file would grow. An output of the graph keeps the node that makes it.

    Parameters
    ----------
    dequantize : bool
        Turn all integers that stand for reals into floats. Until the integer ops are made, those must stay
        that meet a value that is not known: a layer's weights, say.
    """

    name = "fold_constants"
    free_bytes = 1 << 16  # results up to this size are always folded

    def __init__(self, dequantize: bool = False) -> None:
        self.dequantize = dequantize

    def run(self, graph: Graph, log: Log) -> None:
        unknown = set() if self.dequantize else _unknown(graph)
        for node in list(graph.nodes):
            if node.removed or not _is_known(node):
                continue
            if node.op.name == "dequantize" and _meets(node.output, unknown):
                continue
            reason = self._fold(node, graph)
            if reason is None:
                log.changes[self.name] += 1
            else:
                log.refuse(self.name, node, reason)

    def _fold(self, node: Node, graph: Graph) -> str | None:
        if any(graph.is_output(value) for value in node.outputs):
            return "its result is an output of the graph"
        read = sum(value.array.nbytes for value in node.inputs
                   if value is not None and value.array is not None)
        made = sum(int(value.type.count) * value.type.dtype.size_bytes for value in node.outputs)
        if made > max(self.free_bytes, 2 * read):
            return f"{made} bytes would be stored for {read}"
        try:
            arrays = _results(node)
        except (LiteError, ArithmeticError, ValueError, IndexError) as error:
            return f"it cannot be computed: {error}"
        for value, array in zip(node.outputs, arrays):
            constant = graph.constant(np.ascontiguousarray(array).reshape(array.shape), value.name)
            graph.replace_uses(value, constant)
        graph.remove_unread(node)
        return None


def _unknown(graph: Graph) -> set[Value]:
    """The values that depend on inputs."""
    unknown = set(graph.inputs)
    for node in graph.nodes:
        if any(value in unknown for value in node.inputs):
            unknown.update(node.outputs)
    return unknown


def _meets(value: Value, unknown: set[Value]) -> bool:
    """Whether a reader of a value, behind moves, also reads one that is not known."""
    for node in value.users:
        if any(other in unknown for other in node.inputs):
            return True
        if node.op.name in ("reshape", "transpose") and _meets(node.output, unknown):
            return True
    return False


def _is_known(node: Node) -> bool:
    if not all(value.type.is_static for value in node.outputs):
        return False
    if node.op.name == "shape":
        return all(value is not None and value.type.is_static for value in node.inputs)
    if any(isinstance(item, Dim) for attribute in node.op.attributes().values()
           for item in (attribute if isinstance(attribute, tuple) else (attribute,))):
        return False
    return all(value is None or value.is_constant for value in node.inputs)


def _results(node: Node) -> tuple[np.ndarray, ...]:
    if node.op.name == "shape":
        (value,) = node.inputs
        assert value is not None
        return (np.array(value.type.shape, node.output.type.dtype.numpy),)
    with np.errstate(all="ignore"):
        return apply(node.op, tuple(None if value is None else value.array for value in node.inputs))
