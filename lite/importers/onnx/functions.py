# SPDX-License-Identifier: Apache-2.0
"""Function bodies that ONNX itself gives for ops: an op without a rule is imported as its body."""

from __future__ import annotations

from typing import Any

import onnx
from onnx import TypeProto, defs

from lite.importers.onnx.call import Call
from lite.importers.onnx.tensors import DTYPES
from lite.ir import DType, TensorType

# Their bodies need what we lack; to refuse them by their own names says more.
OPAQUE = frozenset({"Bernoulli", "SequenceMap"})
_ELEM_TYPES = {dtype: elem_type for elem_type, dtype in DTYPES.items()}


def schema_of(op: str, domain: str, opset: int) -> Any:
    """The schema of an op in a version, or None."""
    try:
        return defs.get_schema(op, opset, domain)
    except defs.SchemaError:
        return None


def has_function(op: str, domain: str, opset: int) -> bool:
    """Whether ONNX gives a body for an op."""
    schema = schema_of(op, domain, opset)
    return (
        op not in OPAQUE
        and schema is not None
        and (schema.has_function or schema.has_context_dependent_function)
    )


def names() -> list[str]:
    """Ops of the default domain that can be imported as their bodies."""
    schemas = defs.get_all_schemas()
    return [
        schema.name
        for schema in schemas
        if has_function(schema.name, "", schema.since_version) and schema.domain == ""
    ]


def function_of(call: Call, domain: str) -> Any:
    """The body of an op as a FunctionProto, or None if ONNX gives none for its version."""
    if not has_function(call.op, domain, call.opset):
        return None
    schema = schema_of(call.op, domain, call.opset)
    body = _plain(schema, call) if schema.has_function else _dependent(schema, call)
    if body is None:
        return None
    function = onnx.FunctionProto.FromString(body)
    _state_defaults(function, schema)
    return function


def _plain(schema: Any, call: Call) -> bytes:
    body: bytes = schema.get_function_with_opset_version(_version(schema.function_opset_versions, call.opset))
    return body


def _version(versions: list[int], opset: int) -> int:
    """Which body: of the newest opset up to the model's, else the oldest (bodies state their opset)."""
    return max([version for version in versions if version <= opset] or [min(versions)])


def _dependent(schema: Any, call: Call) -> bytes | None:
    version = _version(schema.context_dependent_function_opset_versions, call.opset)
    node = onnx.NodeProto()
    node.CopyFrom(call.node)
    del node.attribute[:]
    node.attribute.extend(call.attributes.values())
    for attribute, name in zip(node.attribute, call.attributes):
        attribute.name = name
    types = [_type_proto(value.type if value is not None else None) for value in call.inputs]
    body: bytes = schema.get_context_dependent_function_with_opset_version(
        version, node.SerializeToString(), types
    )
    return body or None


def _type_proto(type: TensorType | None) -> bytes:
    proto = TypeProto()
    if type is not None:
        proto.tensor_type.elem_type = _ELEM_TYPES.get(type.dtype, _ELEM_TYPES[DType.F32])
        for extent in type.shape:
            dim = proto.tensor_type.shape.dim.add()
            if isinstance(extent, int):
                dim.dim_value = extent
            else:
                dim.dim_param = str(extent)
    content: bytes = proto.SerializeToString()
    return content


def _state_defaults(function: Any, schema: Any) -> None:
    """Put the defaults of the op's attributes where calls look for them."""
    stated = {attribute.name for attribute in function.attribute_proto}
    for name, attribute in schema.attributes.items():
        if name not in stated and attribute.default_value.name:
            function.attribute_proto.append(attribute.default_value)
