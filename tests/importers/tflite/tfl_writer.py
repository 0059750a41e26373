# SPDX-License-Identifier: Apache-2.0
"""Writes tiny TFLite files by the schema that the importer reads them by: a table is a dict of its fields."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from flatbuffers import number_types as types

from lite.importers.proto import flat

SCHEMA = flat.schema("tflite")
OPS = {name: number for number, name in SCHEMA.enums["BuiltinOperator"].items()}
TYPES = {name: number for number, name in SCHEMA.enums["TensorType"].items()}
WORDS = {
    "float32": "FLOAT32", "float16": "FLOAT16", "int8": "INT8", "uint8": "UINT8", "int16": "INT16",
    "int32": "INT32", "int64": "INT64", "bool": "BOOL", "float64": "FLOAT64", "uint32": "UINT32",
}  # fmt: skip
_FLAGS = {
    "bool": types.BoolFlags, "byte": types.Int8Flags, "ubyte": types.Uint8Flags, "ushort": types.Uint16Flags,
    "int": types.Int32Flags, "uint": types.Uint32Flags, "long": types.Int64Flags,
    "ulong": types.Uint64Flags, "float": types.Float32Flags,
}  # fmt: skip


def packed(model: dict[str, Any]) -> bytes:
    """The file of a model, whose fields are those of tflite.fbs; a union is (table, fields)."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(_table(builder, SCHEMA.root, model), SCHEMA.identifier.encode())
    return bytes(builder.Output())


def _table(builder: Any, name: str, content: dict[str, Any]) -> int:
    fields = SCHEMA.tables[name]
    unknown = set(content) - {field.name for field in fields}
    assert not unknown, f"{name} has no {unknown}"
    ready = {field.name: _prepared(builder, field, content[field.name])
             for field in fields if content.get(field.name) is not None}  # fmt: skip
    builder.StartObject((fields[-1].slot - 4) // 2 + 1 if fields else 0)
    for field in fields:
        if field.name in ready:
            _put(builder, field, ready[field.name])
    return int(builder.EndObject())


def _put(builder: Any, field: flat.Field, value: Any) -> None:
    slot = (field.slot - 4) // 2
    if field.type in SCHEMA.unions:
        number, offset = value
        builder.PrependUint8Slot(slot - 1, number, 0)
        builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    elif field.type in _FLAGS and not field.vector:
        builder.Prep(_FLAGS[field.type].bytewidth, 0)
        builder.Prepend(_FLAGS[field.type], value)
        builder.Slot(slot)
    else:
        builder.PrependUOffsetTRelativeSlot(slot, value, 0)


def _prepared(builder: Any, field: flat.Field, value: Any) -> Any:
    """What goes into a table: a scalar, or the offset of what was written before it."""
    if field.type in SCHEMA.unions:
        table, content = value
        number = next(number for number, name in SCHEMA.unions[field.type].items() if name == table)
        return number, _table(builder, table, content)
    if field.vector and field.type in _FLAGS:
        array = np.asarray(value, types.to_numpy_type(_FLAGS[field.type]))
        builder.StartVector(array.itemsize, array.size, 16 if field.type == "ubyte" else array.itemsize)
        data = array.tobytes()
        builder.head -= len(data)
        builder.Bytes[builder.head : builder.head + len(data)] = data
        return builder.EndVector()
    if field.vector:
        offsets = [_table(builder, field.type, item) for item in value]
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return builder.EndVector()
    if field.type == "string":
        return builder.CreateString(value)
    return value if field.type in _FLAGS else _table(builder, field.type, value)
