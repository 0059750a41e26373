# SPDX-License-Identifier: Apache-2.0
"""Small graphs of TensorFlow, saved models and checkpoints, made by hand."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lite.importers.proto import messages

NUMBERS = {"float32": 1, "int32": 3, "int64": 9, "bool": 10}
RESOURCE, TEXT = 20, 7


def _of(kind: str) -> Any:
    return messages("tensorflow")[kind]()


def node(name: str, op: str, *inputs: str, **attributes: Any) -> Any:
    """A node; attributes by their Python types, arrays as tensors, ``dtype``-like ones as np.dtype."""
    made = _of("Node")
    made.name, made.op = name, op
    made.input.extend(inputs)
    for key, value in attributes.items():
        _fill(made.attr.add(key=key).value, value)
    return made


def _fill(attr: Any, value: Any) -> None:
    if isinstance(value, np.dtype):
        attr.type = NUMBERS[value.name]
    elif isinstance(value, np.ndarray):
        attr.tensor.CopyFrom(tensor(value))
    elif isinstance(value, bool):
        attr.b = value
    elif isinstance(value, int):
        attr.i = value
    elif isinstance(value, float):
        attr.f = value
    elif isinstance(value, str):
        attr.s = value.encode()
    elif isinstance(value, tuple):
        attr.list.i.extend(value)
    else:
        attr.CopyFrom(value)


def tensor(array: np.ndarray) -> Any:
    """A tensor with its content as bytes."""
    made = _of("Tensor")
    made.dtype = NUMBERS[array.dtype.name]
    made.tensor_content = array.tobytes()
    for extent in array.shape:
        made.tensor_shape.dim.add(size=extent)
    return made


def texts(*items: str) -> Any:
    """An attribute that is a tensor of text."""
    made = _of("Attr")
    made.tensor.dtype = TEXT
    made.tensor.tensor_shape.dim.add(size=len(items))
    made.tensor.string_val.extend(item.encode() for item in items)
    return made


def shape(*extents: int) -> Any:
    """An attribute that is a shape; -1 is open."""
    made = _of("Attr")
    for extent in extents:
        made.shape.dim.add(size=extent)
    return made


def calls(function: str) -> Any:
    """An attribute that names a function."""
    made = _of("Attr")
    made.func.name = function
    return made


def image(*extents: int) -> Any:
    """A placeholder x."""
    return node("x", "Placeholder", dtype=np.dtype("float32"), shape=shape(*(extents or (1, 4, 4, 2))))


def const(name: str, content: Any, dtype: str = "float32") -> Any:
    return node(name, "Const", value=np.asarray(content, dtype), dtype=np.dtype(dtype))


def function(name: str, arguments: str, result: str, *nodes: Any) -> Any:
    """A function of some arguments with one result."""
    made = _of("Function")
    made.signature.name = name
    for argument in arguments.split():
        made.signature.input_arg.add(name=argument)
    made.signature.output_arg.add(name="result")
    made.ret.add(key="result", value=result)
    made.node_def.extend(nodes)
    return made


def graph(*nodes: Any, functions: tuple[Any, ...] = ()) -> bytes:
    """A frozen graph."""
    made = _of("Graph")
    made.node.extend(nodes)
    made.library.function.extend(functions)
    return bytes(made.SerializeToString())


def saved_model(
    *nodes: Any, outputs: Mapping[str, str], restore: str = "", key: str = "serving_default"
) -> bytes:
    """A saved model with an input ``image``, the node x."""
    made = _of("SavedModel")
    made.saved_model_schema_version = 1
    meta = made.meta_graphs.add()
    meta.meta_info_def.tags.append("serve")
    meta.graph_def.node.extend(nodes)
    meta.saver_def.restore_op_name = restore
    door = meta.signature_def.add(key=key).value
    door.inputs.add(key="image").value.name = "x:0"
    for name, ref in outputs.items():
        door.outputs.add(key=name).value.name = ref
    return bytes(made.SerializeToString())


# Checkpoints -------------------------------------------------------------------------------------------


def varint(number: int) -> bytes:
    parts = []
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def _row(key: bytes, content: bytes) -> bytes:
    return varint(0) + varint(len(key)) + varint(len(content)) + key + content


def _block(rows: bytes, compressed: int = 0) -> bytes:
    return rows + struct.pack("<II", 0, 1) + bytes([compressed]) + b"\0\0\0\0"


def index(rows: Mapping[bytes, bytes], compressed: int = 0) -> bytes:
    """The table of a checkpoint."""
    data = _block(b"".join(_row(key, rows[key]) for key in sorted(rows)), compressed)
    handle = varint(0) + varint(len(data) - 5)
    inner = _block(_row(b"~", handle))
    footer = varint(0) + varint(0) + varint(len(data)) + varint(len(inner) - 5)
    return data + inner + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def write_checkpoint(folder: Path, arrays: Mapping[str, np.ndarray], **changes: Any) -> None:
    """A checkpoint ``variables/variables`` in a folder; ``changes``: fields of its entries that are wrong."""
    (folder / "variables").mkdir(exist_ok=True)
    header = _of("BundleHeader")
    header.num_shards = 1
    rows, data = {b"": header.SerializeToString()}, b""
    for key, array in arrays.items():
        entry = _of("BundleEntry")
        entry.dtype, entry.offset, entry.size = NUMBERS[array.dtype.name], len(data), array.nbytes
        for extent in array.shape:
            entry.shape.dim.add(size=extent)
        for name, value in changes.items():
            if name == "slices":
                entry.slices.append(value)
            elif name == "shape":
                del entry.shape.dim[:]
                entry.shape.dim.add(size=value)
            else:
                setattr(entry, name, value)
        rows[key.encode()] = entry.SerializeToString()
        data += array.tobytes()
    (folder / "variables" / "variables.index").write_bytes(index(rows))
    (folder / "variables" / "variables.data-00000-of-00001").write_bytes(data)
