# SPDX-License-Identifier: Apache-2.0
"""A graph or function body being imported: its nodes, what they made, and in what order they must come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union

from lite.errors import ModelFormatError
from lite.importers.tensorflow.refs import data_inputs, plain_name
from lite.ir import Value

if TYPE_CHECKING:
    from lite.importers.tensorflow.call import Call
    from lite.importers.tensorflow.walk import Walk

DEEPEST = 32  # functions that call functions


@dataclass(frozen=True)
class Handle:
    """A variable, by the name of the node of the whole graph that makes it."""

    name: str


@dataclass(frozen=True)
class Sequenced:
    """A list of tensors, as loops hand them on; None where nothing was put yet."""

    items: tuple[Value | None, ...]


class Dead:
    """What the branch gives that a constant condition does not take."""


DEAD = Dead()
Item = Union[Value, Handle, Sequenced, Dead, None]  # None: made by a node that cannot be imported

# Outputs of ops that have several, by the names that functions use.
OUTPUTS = {
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), ("y",)),
    "Switch": ("output_false", "output_true"), "RefSwitch": ("output_false", "output_true"),
    "CombinedNonMaxSuppression": ("nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"),
    "TopKV2": ("values", "indices"), "Merge": ("output", "value_index"),
    "RefMerge": ("output", "value_index"),
}  # fmt: skip


class Scope:
    """Nodes by name, and the items that they made.

    Parameters
    ----------
    nodes : mapping of name to Node
    given : mapping of name to Item
        What stands for arguments of a function, or for inputs of the model.
    depth : int
        How many calls of functions this lies in.
    """

    def __init__(self, nodes: Mapping[str, Any], given: Mapping[str, Item], depth: int = 0) -> None:
        if depth > DEEPEST:
            raise ModelFormatError(f"functions call functions more than {DEEPEST} deep")
        self.nodes = nodes
        self.depth = depth
        self.made: dict[str, Sequence[Item]] = {name: (item,) for name, item in given.items()}

    def item(self, ref: str) -> Item:
        """What a reference stands for; its node has been imported."""
        name, _, rest = ref.partition(":")
        items = self.made[name]
        argument, _, number = rest.rpartition(":")
        position = int(number) if number.isdigit() else 0
        names = OUTPUTS.get(self.nodes[name].op, ()) if argument and name in self.nodes else ()
        if argument in names:
            position += names.index(argument)
        elif names:
            return None
        if items and all(item is None for item in items):
            return None
        if position >= len(items):
            raise ModelFormatError(f"it reads {ref!r}, but {name!r} has {len(items)} outputs")
        return items[position]

    def order(self, refs: Sequence[str]) -> Iterator[Any]:
        """Nodes that were not imported yet and that references need, each behind those that it reads.

        Raises
        ------
        ModelFormatError
            If a node is missing, or reads itself around a circle.
        """
        for ref in refs:
            yield from self._before(plain_name(ref), "the model's output")

    def _before(self, name: str, reader: str) -> Iterator[Any]:
        waiting: list[tuple[str, Iterator[str]]] = []
        open_: set[str] = set()
        self._enter(name, reader, waiting, open_)
        while waiting:
            current, reads = waiting[-1]
            following = next(reads, None)
            if following is not None:
                self._enter(following, current, waiting, open_)
                continue
            waiting.pop()
            open_.discard(current)
            yield self.nodes[current]

    def _enter(
        self, name: str, reader: str, waiting: list[tuple[str, Iterator[str]]], open_: set[str]
    ) -> None:
        if name in self.made:
            return
        if name not in self.nodes:
            raise ModelFormatError(f"{reader!r} reads {name!r}, which is not there")
        if name in open_:
            raise ModelFormatError(f"{name!r} reads itself, around a circle of nodes")
        open_.add(name)
        waiting.append((name, iter([plain_name(ref) for ref in data_inputs(self.nodes[name])])))

    def maker(self, walk: Walk, ref: str) -> Call | None:
        """The call of the node that a reference names; None if that is an argument, or reads variables."""
        from lite.importers.tensorflow.call import Call

        node = self.nodes.get(plain_name(ref))
        if node is None:
            return None
        items = [self.item(read) for read in data_inputs(node)]
        values = [item for item in items if item is None or isinstance(item, Value)]
        return Call(walk, self, node, values) if len(values) == len(items) else None
