# SPDX-License-Identifier: Apache-2.0
"""Which entry of the checkpoint a variable has: found from the ops that would restore it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lite.importers.tensorflow.refs import CALLS, data_inputs, function_name, plain_name
from lite.importers.tensorflow.tensors import text_of

_ASSIGNS = frozenset({"Assign", "AssignVariableOp"})
_PASSES = frozenset({"Identity", "ReadVariableOp"})


def keys_of(nodes: Mapping[str, Any], functions: Mapping[str, Any], restore: str) -> dict[str, str]:
    """Keys in the checkpoint by the names of the nodes that make the variables.

    A variable that another one is made a copy of has its key, too: functions may read either.

    Parameters
    ----------
    nodes, functions : mapping of name to Node, Function
    restore : str
        Name of the node that restores: a call of a function in TensorFlow 2; else the graph itself assigns.

    Raises
    ------
    ModelFormatError
    """
    caller = nodes.get(plain_name(restore))
    body = functions.get(function_name(caller)) if caller is not None and caller.op in CALLS else None
    if caller is None or body is None:
        keys = dict(_restored(nodes, {}))
    else:
        arguments = [argument.name for argument in body.signature.input_arg]
        given = dict(zip(arguments, map(plain_name, data_inputs(caller))))
        keys = dict(_restored({node.name: node for node in body.node_def}, given))
    for copy, original in _copies(nodes):
        if copy in keys:
            keys.setdefault(original, keys[copy])
        elif original in keys:
            keys[copy] = keys[original]
    return keys


def _assignments(nodes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names of variables, and references to what each is assigned, before anything that only passes it on."""
    for node in nodes.values():
        reads = data_inputs(node)
        if node.op not in _ASSIGNS or len(reads) < 2:
            continue
        ref = reads[1]
        for _ in range(len(nodes)):
            source = nodes.get(plain_name(ref))
            if source is None or source.op not in _PASSES or not data_inputs(source):
                break
            ref = data_inputs(source)[0]
        yield plain_name(reads[0]), ref


def _restored(nodes: Mapping[str, Any], given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Variables and the keys that they are restored from; ``given``: nodes by a function's arguments."""
    for variable, ref in _assignments(nodes):
        source = nodes.get(plain_name(ref))
        if source is None or source.op != "RestoreV2" or len(data_inputs(source)) < 2:
            continue
        names = nodes.get(plain_name(data_inputs(source)[1]))
        tensors = [] if names is None else [row.value.tensor for row in names.attr if row.key == "value"]
        keys = text_of(tensors[0]) if tensors else []
        number = ref.rpartition(":")[2] if ":" in ref else "0"
        if number.isdigit() and int(number) < len(keys):
            yield given.get(variable, variable), keys[int(number)]


def _copies(nodes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Variables that begin as another one, and that."""
    for variable, ref in _assignments(nodes):
        source = nodes.get(plain_name(ref))
        if source is not None and source.op == "VarHandleOp":
            yield variable, source.name
