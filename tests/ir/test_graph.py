# SPDX-License-Identifier: Apache-2.0
"""What edits of a graph keep: uses, names, order."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from lite.errors import PassError, ShapeError
from lite.ir import Builder, Graph, TensorType
from lite.ir.text import to_text
from lite.ir.verify import verify
from lite.ops import get

PAIR = TensorType((2, 3))


def chain(length: int = 3) -> Graph:
    graph = Graph("chain")
    value = graph.add_input("x", PAIR)
    for position in range(length):
        (value,) = graph.add(get("tanh")(), [value], outputs=[f"v{position}"])
    graph.outputs = [value]
    verify(graph)
    return graph


def test_names_are_unique() -> None:
    graph = chain()
    assert graph.unique_name("v0") == "v0.1" and graph.unique_name("") == "value"
    assert graph.constant(np.zeros(2), "x").name == "x.1"


def test_a_node_can_be_added_in_the_middle() -> None:
    graph = chain()
    middle = graph.nodes[1]
    value = Builder(graph, before=middle, name="new").add(get("exp")(), graph.nodes[0].output)
    graph.set_input(middle, 0, value)
    verify(graph)
    assert [node.op.name for node in graph.nodes] == ["tanh", "exp", "tanh", "tanh"]
    assert graph.nodes[1].name == "new" and graph.nodes[0].output.users == [graph.nodes[1]]


def test_optional_inputs_can_be_set_behind_the_last() -> None:
    graph = Graph()
    x = graph.add_input("x", TensorType((1, 2, 3, 3)))
    w = graph.constant(np.ones((2, 2, 1, 1), np.float32), "w")
    graph.outputs = list(graph.add(get("conv2d")(), [x, w]))
    graph.set_input(graph.nodes[0], 3, x)
    verify(graph)
    node = graph.nodes[0]
    assert node.inputs == (x, w, None, x) and node.input(2) is None and node.input(9) is None
    graph.set_input(node, 3, None)
    assert x.users == [node] and len(x.uses) == 1


def test_an_output_keeps_its_name_when_it_is_replaced() -> None:
    graph = chain()
    graph.replace_uses(graph.outputs[0], graph.nodes[0].output)
    assert graph.outputs[0].name == "v2" and graph.outputs[0] is graph.nodes[0].output
    assert graph.remove_unread(graph.nodes[2]) == 2
    verify(graph)


@pytest.mark.parametrize("other", ["input", "constant", "output"])
def test_an_output_that_cannot_keep_its_name_is_not_replaced(other) -> None:
    graph = chain()
    graph.outputs.append(graph.nodes[0].output)
    new = {"input": graph.inputs[0], "constant": graph.constant(np.zeros((2, 3), np.float32)),
           "output": graph.outputs[1]}[other]
    assert not graph.can_replace(graph.outputs[0], new)
    with pytest.raises(PassError, match="cannot take over the name of output 'v2'"):
        graph.replace_uses(graph.outputs[0], new)
    verify(graph)


def test_what_is_read_is_not_removed() -> None:
    graph = chain()
    with pytest.raises(PassError, match="'v0' is still read"):
        graph.remove(graph.nodes[0])
    with pytest.raises(PassError, match="'v2' is still read"):
        graph.remove(graph.nodes[2])
    assert graph.remove_unread(graph.nodes[0]) == 0
    verify(graph)


def test_removed_nodes_know_it() -> None:
    graph = chain()
    graph.outputs = [graph.nodes[1].output]
    last = graph.nodes[2]
    graph.remove(last)
    assert last.removed and not graph.nodes[1].removed
    assert graph.unique_name("v2") == "v2"  # its name is free again


def test_a_claimed_name_is_taken_from_whoever_has_it() -> None:
    graph = chain()
    graph.claim_name(graph.nodes[1].output, "v0")
    assert [node.output.name for node in graph.nodes] == ["v0.1", "v0", "v2"]
    verify(graph)


def test_another_graph_with_the_same_surface_can_be_adopted() -> None:
    graph, other = chain(), chain(1)
    with pytest.raises(PassError, match="has not the inputs and outputs"):
        graph.adopt(other)
    other.claim_name(other.outputs[0], "v2")
    graph.adopt(other)
    verify(graph)
    assert len(graph.nodes) == 1 and graph.unique_name("v2") == "v2.1"


@pytest.mark.parametrize("copied", [Graph.copy, copy.deepcopy])
def test_a_copy_shares_nothing_but_arrays(copied) -> None:
    graph = chain(2000)  # deeper than Python's stack
    one = graph.constant(np.ones(PAIR.shape, np.float32), "one")
    (total,) = graph.add(get("add")(), [graph.outputs[0], one])
    graph.outputs = [total]
    twin = copied(graph)
    verify(twin)
    assert to_text(twin) == to_text(graph)
    assert twin.constants()[0].array is graph.constants()[0].array
    Builder(twin, before=twin.nodes[1]).add(get("exp")(), twin.inputs[0])
    twin.rename(twin.outputs[0], "other")
    verify(graph)
    assert len(graph.nodes) == 2001 and graph.outputs[0].name == "add"
    assert len(graph.inputs[0].uses) == 1 and len(twin.inputs[0].uses) == 2
    assert twin.unique_name("v0") == "v0.1"


def test_an_op_that_refuses_its_inputs_adds_nothing() -> None:
    graph = chain()
    with pytest.raises(ShapeError, match="wrong number of inputs: got 2"):
        graph.add(get("tanh")(), [graph.inputs[0], graph.inputs[0]])
    with pytest.raises(ShapeError):
        graph.add(get("softmax")(axis=7), [graph.inputs[0]])
    assert len(graph.nodes) == 3 and len(graph.inputs[0].uses) == 1
    with pytest.raises(PassError, match="split has 2 outputs, expected 1"):
        Builder(graph).add(get("split")(1, (1, 2)), graph.inputs[0])
