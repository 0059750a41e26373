# SPDX-License-Identifier: Apache-2.0
"""Which values of a net are worth comparing with a teacher's, and how they lie."""

from __future__ import annotations

from collections.abc import Iterable

from lite.compare.places import places_of
from lite.errors import InputError
from lite.ir import Graph, Node, Value
from lite.quant.settings import nearest
from lite.slim.counting import is_counted
from lite.slim.training.losses import scores_of

FINISHING = ("add", "sub", "mul", "div", "batch_norm")  # with constants they belong to the layer before
NAMES_SHOWN = 8
IMAGE_RANK = 4


def distillation_nodes(graph: Graph) -> list[str]:
    """For each output the last layers with weights before it: names of what they make, in running order.

    A head that joins several branches has the last layer of each. What is added or multiplied with constants
    behind a layer, batch norms too, belongs to it.
    """
    fixed = _fixed(graph)
    found: set[Node] = set()
    seen: set[Node] = set()
    pending = [value.producer for value in graph.outputs]
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if is_counted(node) and not fixed.isdisjoint(node.inputs):
            found.add(node)
        else:
            pending += [value.producer for value in node.inputs if value is not None]
    return [_finished(node.output, fixed).name for node in graph.nodes if node in found]


def _fixed(graph: Graph) -> set[Value | None]:
    """What nothing but constants decides: weights, computed ones too, as those of quantized layers are."""
    fixed: set[Value | None] = set(graph.constants())
    for node in graph.nodes:
        if node.inputs and fixed.issuperset(value for value in node.inputs if value is not None):
            fixed.update(node.outputs)
    return fixed


def _finished(value: Value, fixed: set[Value | None]) -> Value:
    while len(value.uses) == 1:
        node = value.uses[0][0]
        others = {other for other in node.inputs if other is not None and other is not value}
        if node.op.name not in FINISHING or not others <= fixed:
            break
        value = node.output
    return value


def score_nodes(graph: Graph) -> list[str]:
    """For each output what the softmax reads that it is the result of; the output itself if it is of none."""
    return [scores_of(value).name for value in graph.outputs]


def channel_axis(value: Value) -> int:
    """Where the channels of a value lie: in images as the layers before it have them, else last."""
    if value.type.rank != IMAGE_RANK:
        return value.type.rank - 1
    seen: set[Node] = set()
    pending = [value.producer]
    while pending:
        node = pending.pop(0)
        if node is not None and node not in seen:
            seen.add(node)
            layout = node.op.attributes().get("layout")
            if layout is not None:
                return 3 if layout == "nhwc" else 1
            pending += [read.producer for read in node.inputs if read is not None]
    return 1


def values_by_name(graph: Graph, names: Iterable[str], who: str) -> list[Value]:
    """Values that are computed or fed, by their names in the graph or in the model that it was made of.

    Parameters
    ----------
    graph : Graph
    names : iterable of str
    who : str
        Whose graph it is, for errors.

    Raises
    ------
    InputError
        If a name is unknown.
    """
    places = [place for place in places_of(graph).values() if place.value.type.dtype.is_float]
    known = {place.name: place.value for place in reversed(places)}
    known |= {value.name: value for value in graph.values() if not value.is_constant}
    for name in names:
        if name not in known:
            last = [node.outputs[0].name for node in graph.nodes][-NAMES_SHOWN:]
            hint = nearest(name, known) or f"its last values are {', '.join(map(repr, last))}"
            raise InputError(f"it has no value {name!r}", where=who, hint=hint)
    return [known[name] for name in names]
