# SPDX-License-Identifier: Apache-2.0
"""Nodes in running order: ONNX asks for it, some files lack it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lite.errors import ModelFormatError


def in_order(nodes: Sequence[Any]) -> Sequence[Any]:
    """The nodes, each behind those it reads.

    Raises
    ------
    ModelFormatError
        If they wait for one another.
    """
    made = {name for node in nodes for name in node.output if name}
    done: set[str] = set()
    for node in nodes:
        if any(name in made and name not in done for name in _read(node)):
            return _sorted(nodes, made)
        done.update(node.output)
    return nodes


def _read(node: Any) -> set[str]:
    """Names that a node or the graphs among its attributes read."""
    names = set(node.input)
    waiting = [attribute.g for attribute in node.attribute if attribute.HasField("g")]
    while waiting:
        graph = waiting.pop()
        names.update(output.name for output in graph.output)
        for inner in graph.node:
            names.update(inner.input)
            waiting += [attribute.g for attribute in inner.attribute if attribute.HasField("g")]
    return names


def _sorted(nodes: Sequence[Any], made: set[str]) -> list[Any]:
    missing = {}  # by position of the node: how many of its inputs are not made yet
    readers: dict[str, list[int]] = {}
    for position, node in enumerate(nodes):
        needed = {name for name in _read(node) if name in made}
        missing[position] = len(needed)
        for name in needed:
            readers.setdefault(name, []).append(position)
    ready = [position for position, count in missing.items() if not count]
    for position in ready:  # grows while it is walked
        for name in set(nodes[position].output):
            for reader in readers.get(name, ()):
                missing[reader] -= 1
                if not missing[reader]:
                    ready.append(reader)
    if len(ready) < len(nodes):
        stuck = [
            nodes[position].name or nodes[position].op_type
            for position, count in missing.items()
            if count > 0
        ]
        raise ModelFormatError(f"nodes wait for one another in a cycle: {', '.join(stuck[:5])}")
    return [nodes[position] for position in ready]
