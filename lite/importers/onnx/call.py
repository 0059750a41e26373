# SPDX-License-Identifier: Apache-2.0
"""Call: one ONNX node as a rule sees it - inputs, attributes, version."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import AttributeProto

from lite.errors import ModelFormatError
from lite.importers._call import BaseCall
from lite.ir import Value

if TYPE_CHECKING:
    from lite.importers.onnx.scope import Scope
    from lite.importers.onnx.walk import Walk

_KINDS = {
    AttributeProto.INT: ("i", "an int"), AttributeProto.FLOAT: ("f", "a float"),
    AttributeProto.STRING: ("s", "a string"), AttributeProto.INTS: ("ints", "ints"),
    AttributeProto.FLOATS: ("floats", "floats"), AttributeProto.STRINGS: ("strings", "strings"),
    AttributeProto.TENSOR: ("t", "a tensor"), AttributeProto.GRAPH: ("g", "a graph"),
}  # fmt: skip


class Call(BaseCall):
    """A node being imported; its name is its first output's if it has none.

    Attributes
    ----------
    op : str
        Name of the ONNX op.
    opset : int
        Version of the op's domain.
    outputs : int
        How many outputs the node names.
    """

    def __init__(self, walk: Walk, scope: Scope, node: Any, inputs: list[Value | None], opset: int) -> None:
        name = node.name or next(filter(None, node.output), node.op_type)
        super().__init__(walk.emitter, name, inputs)
        self.walk = walk
        self.scope = scope
        self.node = node
        self.op: str = node.op_type
        self.opset = opset
        self.outputs = len(node.output)
        self.attributes = scope.attributes_of(node)

    def as_op(self, op: str, *inputs: Value | None) -> Call:
        """This node as one of another op that has the same attributes, on other inputs."""
        other = copy.copy(self)
        other.op, other.inputs = op, list(inputs)
        return other

    # Attributes -----------------------------------------------------------------------------------

    def has(self, name: str) -> bool:
        return name in self.attributes

    def _get(self, name: str, kind: Any, default: Any) -> Any:
        attribute = self.attributes.get(name)
        if attribute is None:
            if default is ...:
                raise ModelFormatError(f"attribute {name!r} is missing")
            return default
        field, word = _KINDS[kind]
        if attribute.type not in (kind, AttributeProto.UNDEFINED):
            raise ModelFormatError(f"attribute {name!r} is not {word}")
        return getattr(attribute, field)

    def int(self, name: str, default: Any = ...) -> Any:
        return self._get(name, AttributeProto.INT, default)

    def float(self, name: str, default: Any = ...) -> Any:
        return self._get(name, AttributeProto.FLOAT, default)

    def text(self, name: str, default: Any = ...) -> Any:
        found = self._get(name, AttributeProto.STRING, default)
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else found

    def many(self, name: str, default: Any = ...) -> Any:
        """An attribute of several ints, as a tuple."""
        found = self._get(name, AttributeProto.INTS, default)
        return found if found is default else tuple(found)

    def floats(self, name: str, default: Any = ...) -> Any:
        """An attribute of several floats, as a tuple."""
        found = self._get(name, AttributeProto.FLOATS, default)
        return found if found is default else tuple(found)

    def tensor(self, name: str) -> np.ndarray:
        """An attribute that is a tensor."""
        return self.walk.model.tensors.read(self._get(name, AttributeProto.TENSOR, ...))

    def graph(self, name: str) -> Any:
        """An attribute that is a graph."""
        return self._get(name, AttributeProto.GRAPH, ...)
