# SPDX-License-Identifier: Apache-2.0
"""References between nodes: ``name``, ``name:1``, in functions ``name:output:0``; ``^name`` only orders."""

from __future__ import annotations

from typing import Any

CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
IFS, LOOPS = frozenset({"If", "StatelessIf"}), frozenset({"StatelessWhile", "While"})


def plain_name(ref: str) -> str:
    """The name of the node in a reference."""
    return ref.lstrip("^").partition(":")[0]


def data_inputs(node: Any) -> list[str]:
    """References to what a node reads, without those that only order it behind others."""
    return [ref for ref in node.input if not ref.startswith("^")]


def function_name(node: Any, attribute: str = "f") -> str:
    """The function that an attribute of a node names; "" if it names none."""
    return next((str(entry.value.func.name) for entry in node.attr if entry.key == attribute), "")
