# SPDX-License-Identifier: Apache-2.0
"""Layers by any of their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lite.errors import InputError
from lite.ir import Graph
from lite.quant.settings import nearest

SHOWN = 5


def layer_named(word: str, graph: Graph, known: Iterable[str]) -> str:
    """The layer among those known, by the name of its output, of its node or of its weights.

    Raises
    ------
    InputError
        If there is none, or several are called so.
    """
    layers = list(known)
    if word in layers:
        return word
    others = _other_names(graph, set(layers)).get(word, [])
    if len(others) == 1:
        return others[0]
    if others:
        raise InputError(f"several layers are called so: {', '.join(others)}", where=f"layer {word!r}")
    hint = nearest(str(word), layers) or f"it has {', '.join(map(repr, layers[:SHOWN]))} ..."
    raise InputError("the model has no such layer", where=f"layer {word!r}", hint=hint)


def _other_names(graph: Graph, layers: set[str]) -> dict[str, list[str]]:
    """Layers by the names of their nodes and of their weights."""
    found: dict[str, list[str]] = defaultdict(list)
    for node in graph.nodes:
        if node.outputs and node.outputs[0].name in layers:
            weights = [value.name for value in node.inputs[:2] if value is not None and value.is_constant]
            for name in {node.name, *weights}:
                found[name].append(node.outputs[0].name)
    return found
