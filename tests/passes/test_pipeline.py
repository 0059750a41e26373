# SPDX-License-Identifier: Apache-2.0
"""The loop over the passes, and the passes that need no particular op."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest

from lite import passes
from lite.errors import PassError
from lite.ir import Builder, Graph, Node, Op, TensorType, Value
from lite.ir.interpret import interpret
from lite.ir.verify import verify
from lite.ops.leaky_relu import LeakyRelu
from lite.passes import pipeline
from lite.passes.eliminate_dead import EliminateDead
from lite.passes.fold_constants import FoldConstants
from lite.passes.lower_ops import LowerOps
from lite.passes.rule import Log, Pass, Rule, RulePass


class Relu0(Op, name="test_relu0"):
    """Lowers to leaky_relu."""

    def infer(self, x: TensorType) -> TensorType:
        return x

    def lower(self, builder: Builder, x: Value) -> Value:
        return builder.add(LeakyRelu(0.0), x)


class Relu1(Op, name="test_relu1"):
    """Lowers to what lowers."""

    def infer(self, x: TensorType) -> TensorType:
        return x

    def lower(self, builder: Builder, x: Value) -> Value:
        return builder.add(Relu0(), x)


class Endless(Op, name="test_endless"):
    def infer(self, x: TensorType) -> TensorType:
        return x

    def lower(self, builder: Builder, x: Value) -> Value:
        return builder.add(Endless(), x)


class Shy(Op, name="test_shy"):
    """Lowers on a condition that never holds."""

    def infer(self, x: TensorType) -> TensorType:
        return x

    def lower(self, builder: Builder, x: Value) -> None:
        return None


def chain(*ops: Op, shape: tuple[int, ...] = (2, 3)) -> Graph:
    graph = Graph()
    value = graph.add_input("x", TensorType(shape))
    for op in ops:
        (value,) = graph.add(op, [value])
    graph.outputs = [value]
    return graph


def test_lowering_goes_down_to_what_runs_and_keeps_names() -> None:
    graph = chain(Relu1(), LeakyRelu(0.5), Relu0())
    name, x = graph.outputs[0].name, np.array([[-1.0, 0.0, 2.0]] * 2, np.float32)
    before = interpret(graph, {"x": x})
    (log,) = pipeline.run(graph, [LowerOps(frozenset({"leaky_relu"}))], verify=True)
    assert [node.op.name for node in graph.nodes] == ["leaky_relu"] * 3
    assert graph.outputs[0].name == name
    assert log.changes == {"test_relu0": 2, "test_relu1": 1}
    np.testing.assert_array_equal(interpret(graph, {"x": x})[name], before[name])


def test_lowering_without_end_is_told() -> None:
    with pytest.raises(PassError, match="test_endless lowers again and again"):
        pipeline.run(chain(Endless()), [LowerOps()])


def test_what_neither_runs_nor_lowers_breaks_the_promise() -> None:
    with pytest.raises(PassError, match="test_shy at test_shy neither runs nor lowers"):
        pipeline.run(chain(Shy()), [LowerOps(frozenset())], verify=True)
    pipeline.run(chain(Shy()), [LowerOps(frozenset({"test_shy"}))], verify=True)


def test_dead_nodes_go_with_what_only_they_read() -> None:
    graph = chain(LeakyRelu())
    (first,) = graph.add(LeakyRelu(0.1), [graph.inputs[0]])
    graph.add(LeakyRelu(0.2), [first])
    (log,) = pipeline.run(graph, [EliminateDead()], verify=True)
    assert len(graph.nodes) == 1 and log.count == 2
    assert pipeline.run(graph, [EliminateDead()])[0].changes == {}


def test_constants_fold_but_an_output_keeps_its_node() -> None:
    graph = Graph()
    x = graph.constant(np.array([-1.0, 1.0], np.float32))
    (y,) = graph.add(LeakyRelu(0.5), [x])
    graph.outputs = list(graph.add(LeakyRelu(0.5), [y]))
    (log,) = pipeline.run(graph, [FoldConstants()], verify=True)
    assert len(graph.nodes) == 1 and log.count == 1
    assert [refusal.reason for refusal in log.refusals] == ["its result is an output of the graph"]
    np.testing.assert_array_equal(interpret(graph, {})[graph.outputs[0].name], [-0.25, 1.0])


class ToTwice(Rule[Node]):
    """Never ends: what it makes matches again."""

    name = "to_twice"
    roots = ("leaky_relu",)

    def pattern(self, root: Node) -> Node:
        return root

    def rewrite(self, match: Node, build: Builder) -> Value:
        return build.add(match.op, *match.inputs)


class Drop(Rule[Value]):
    """leaky_relu(x) -> x, which is wrong, but shows how outputs keep their names."""

    name = "drop"
    roots = ("leaky_relu",)

    def pattern(self, root: Node) -> Value | None:
        return root.input(0)

    def rewrite(self, match: Value, build: Builder) -> Value:
        return match


def test_rules_that_never_end_are_told() -> None:
    class Endlessly(RulePass):
        name = "endlessly"
        rules = (ToTwice(),)

    with pytest.raises(PassError, match="still match after 100 sweeps"):
        pipeline.run(chain(LeakyRelu()), [Endlessly()])


def test_an_output_that_would_lose_its_name_is_refused() -> None:
    class Dropping(RulePass):
        name = "dropping"
        rules = (Drop(),)

    graph = chain(LeakyRelu(), LeakyRelu())
    name = graph.outputs[0].name
    (log,) = pipeline.run(graph, [Dropping()], verify=True)
    assert len(graph.nodes) == 1 and graph.outputs[0].name == name
    assert log.changes == {"drop": 1}
    assert [refusal.reason for refusal in log.refusals] == [
        f"output {name!r} of the graph would lose its name to 'x'"]


def test_a_pass_that_breaks_the_graph_is_named() -> None:
    class Breaking(Pass):
        name = "breaking"

        def run(self, graph: Graph, log: Log) -> None:
            graph.nodes.reverse()

    graph = chain(LeakyRelu(), LeakyRelu())
    verify(graph)
    with pytest.raises(PassError, match=r"after pass breaking.*before it is made"):
        pipeline.run(graph, [Breaking()], verify=True)


def test_progress_hears_every_pass() -> None:
    heard: list[str] = []
    steps = pipeline.standard()
    logs = pipeline.run(chain(LeakyRelu()), steps, progress=heard.append)
    assert heard == [step.name for step in steps] == [log.name for log in logs]


def test_every_pass_of_the_folder_is_in_the_pipeline() -> None:
    files = [module.name for module in pkgutil.iter_modules(passes.__path__)]
    named = {name for name in files for found in vars(importlib.import_module(f"lite.passes.{name}")).values()
             if isinstance(found, type) and issubclass(found, Pass) and found.name == name}
    used = (*pipeline.standard(), *pipeline.integers(keep_io_float=False), *pipeline.export())
    left_out = named - {step.name for step in used}
    assert named and not left_out, f"add to one of the lists in lite/passes/pipeline.py: {left_out}"
