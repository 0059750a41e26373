# SPDX-License-Identifier: Apache-2.0
"""What a source holds: nodes, functions, ways in and out, and the variables' contents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers import Source, describe, read_bytes
from lite.importers.proto import messages
from lite.importers.tensorflow.checkpoint import Checkpoint
from lite.importers.tensorflow.refs import plain_name
from lite.importers.tensorflow.tensors import extents_of
from lite.importers.tensorflow.variables import keys_of

SAVED_MODEL = "saved_model.pb"
_VERSION_COMES_FIRST = b"\x08"  # in a SavedModel; a graph begins with a node
SERVING_TAG, SERVING = "serve", "serving_default"
# Ops that nothing reads and that are no results: they save, check or only order others.
ENDS = frozenset(
    {
        "Assert",
        "Assign",
        "AssignVariableOp",
        "Const",
        "NoOp",
        "Placeholder",
        "PlaceholderWithDefault",
        "Print",
        "PrintV2",
        "RestoreV2",
        "SaveV2",
        "VarHandleOp",
        "VarIsInitializedOp",
        "Variable",
        "VariableV2",
    }
)
_HINT = "give a frozen graph (.pb) or the folder of a SavedModel"


@dataclass(frozen=True)
class End:
    """An input or output of the model.

    Attributes
    ----------
    name : str
        What callers call it.
    ref : str
        What the graph calls it: a node's name, perhaps with ``:`` and the number of an output.
    shape : tuple of int, optional
        -1 for an open extent; None if nothing is known.
    dtype : int
        TensorFlow's number of the element type; 0 if unknown.
    """

    name: str
    ref: str
    shape: tuple[int, ...] | None = None
    dtype: int = 0


@dataclass
class Model:
    """A graph and what belongs to it. Inputs are None if they are the placeholders that outputs need."""

    name: str
    where: str
    nodes: dict[str, Any]
    functions: dict[str, Any]
    inputs: Sequence[End] | None
    outputs: Sequence[End]
    checkpoint: Checkpoint | None = None
    keys: Mapping[str, str] = field(default_factory=dict)  # of variables' nodes in the checkpoint

    def variable(self, name: str) -> np.ndarray:
        """Content of the variable that a node of the graph makes.

        Raises
        ------
        ModelFormatError, UnsupportedOpError, FileError
        """
        if self.checkpoint is None or name not in self.keys:
            why = "there are no files of variables" if self.checkpoint is None else "nothing restores it"
            raise ModelFormatError(f"variable {name!r} has no content: {why}", hint=_HINT)
        return self.checkpoint.read(self.keys[name])


def read_model(source: Source) -> Model:
    """Read a frozen graph, or a SavedModel with its signature ``serving_default``.

    Raises
    ------
    FileError, ModelFormatError, UnsupportedOpError
    """
    where = describe(source)
    path = None if isinstance(source, bytes) else _file(Path(source))
    content = source if isinstance(source, bytes) else read_bytes(path or source)
    name = "model" if path is None else path.resolve().parent.name if path.name == SAVED_MODEL else path.stem
    saved = _parsed("SavedModel", content) if content.startswith(_VERSION_COMES_FIRST) else None
    if saved is not None and saved.meta_graphs:
        variables = path.parent / "variables" / "variables" if path is not None else None
        return _of_saved(saved, name, where, variables)
    graph = _parsed("Graph", content)
    del content  # there is a copy now, and they can be large
    if graph is None or not graph.node:
        raise ModelFormatError("found no graph of TensorFlow", where=where, hint=_HINT)
    nodes = _by_name(graph.node, where)
    return Model(name, where, nodes, _functions(graph, where), None, _sinks(nodes))


def _file(path: Path) -> Path:
    if not path.is_dir():
        return path
    inside = path / SAVED_MODEL
    if inside.is_file():
        return inside
    found = sorted(path.glob("*.pb"))
    if len(found) != 1:
        names = ", ".join(file.name for file in found)
        raise ModelFormatError(
            f"the folder holds no {SAVED_MODEL} and {len(found)} graphs *.pb ({names}), expected 1",
            where=str(path),
            hint="name the graph's file",
        )
    return found[0]


def _parsed(kind: str, content: bytes) -> Any:
    """A message; None if the bytes are none."""
    from google.protobuf.message import DecodeError

    message = messages("tensorflow")[kind]()
    try:
        message.ParseFromString(content)
    except (DecodeError, UnicodeDecodeError):
        return None
    return message


def _by_name(nodes: Iterable[Any], where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in nodes:
        _demand_text(node.name, node.op, *node.input, *(entry.key for entry in node.attr), where=where)
        if node.name in found or not node.op:
            what = "two nodes have this name" if node.name in found else "it has no op"
            raise ModelFormatError(what, where=f"{where}: node {node.name!r}")
        found[node.name] = node
    return found


def _functions(graph: Any, where: str) -> dict[str, Any]:
    for function in graph.library.function:
        arguments = (*function.signature.input_arg, *function.signature.output_arg)
        _demand_text(function.signature.name, *(argument.name for argument in arguments), where=where)
        _demand_text(*(text for entry in function.ret for text in (entry.key, entry.value)), where=where)
        _by_name(function.node_def, f"{where}: function {function.signature.name!r}")
    return {function.signature.name: function for function in graph.library.function}


def _demand_text(*texts: str | bytes, where: str) -> None:
    """Refuse names that are no UTF-8, which protobuf hands out as bytes."""
    wrong = next((text for text in texts if isinstance(text, bytes)), None)
    if wrong is not None:
        raise ModelFormatError(f"found the name {wrong[:40]!r}, which is not UTF-8", where=where, hint=_HINT)


def _sinks(nodes: Mapping[str, Any]) -> list[End]:
    """Nodes whose results nothing reads."""
    read = {plain_name(ref) for node in nodes.values() for ref in node.input if not ref.startswith("^")}
    return [End(name, name) for name, node in nodes.items() if name not in read and node.op not in ENDS]


def _of_saved(saved: Any, name: str, where: str, variables: Path | None) -> Model:
    meta = next(
        (meta for meta in saved.meta_graphs if SERVING_TAG in meta.meta_info_def.tags), saved.meta_graphs[0]
    )
    _demand_text(meta.saver_def.restore_op_name, *_names_of_ends(meta), where=where)
    doors = {entry.key: entry.value for entry in meta.signature_def if entry.value.outputs}
    door = doors.get(SERVING) or (next(iter(doors.values())) if len(doors) == 1 else None)
    if door is None:
        raise UnsupportedOpError(
            f"its signatures are {sorted(doors)}, expected {SERVING!r}, or just one",
            where=where,
            hint="save it with signatures={'serving_default': function}",
        )
    nodes = _by_name(meta.graph_def.node, where)
    model = Model(
        name, where, nodes, _functions(meta.graph_def, where), _ends(door.inputs), _ends(door.outputs)
    )
    if variables is not None and variables.with_name(variables.name + ".index").is_file():
        model.checkpoint = Checkpoint(variables)
        model.keys = keys_of(nodes, model.functions, meta.saver_def.restore_op_name)
    return model


def _names_of_ends(meta: Any) -> Iterable[str]:
    for door in meta.signature_def:
        for end in (*door.value.inputs, *door.value.outputs):
            yield from (door.key, end.key, end.value.name)


def _ends(entries: Iterable[Any]) -> list[End]:
    return [
        End(
            key,
            info.name,
            extents_of(info.tensor_shape) if info.HasField("tensor_shape") else None,
            info.dtype,
        )
        for key, info in sorted(((entry.key, entry.value) for entry in entries), key=itemgetter(0))
    ]
