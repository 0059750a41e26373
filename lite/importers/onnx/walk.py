# SPDX-License-Identifier: Apache-2.0
"""The walk over an ONNX graph: initialisers, then nodes by rule, rename or function body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lite.errors import LiteError, ModelFormatError, UnsupportedOpError
from lite.importers import Source
from lite.importers._counted import with_counts
from lite.importers._emitter import Emitter
from lite.importers._report import INCONSISTENT, UnsupportedReport
from lite.importers.onnx import rules
from lite.importers.onnx.call import Call
from lite.importers.onnx.functions import function_of, has_function
from lite.importers.onnx.inputs import InputOptions, define_inputs
from lite.importers.onnx.model import Model, domain_of, opsets_of
from lite.importers.onnx.order import in_order
from lite.importers.onnx.scope import Scope
from lite.importers.onnx.tensors import dtype_of
from lite.ir import DType, Extent, Graph, Value

MOST_NODES = 1 << 20  # after expanding functions


def import_model(
    source: Source, input_shapes: Mapping[str, Sequence[Extent]], freeze_inputs: Mapping[str, np.ndarray]
) -> Graph:
    """See ``lite.importers.onnx.load``."""
    model = Model(source)
    return Walk(model, InputOptions(model, input_shapes, freeze_inputs)).run()


class Walk:
    """Imports one model.

    Attributes
    ----------
    model : Model
    emitter : Emitter
        Holds the graph being built.
    report : UnsupportedReport
    """

    def __init__(self, model: Model, options: InputOptions) -> None:
        self.model = model
        self.emitter = Emitter(Graph(model.graph.name or "graph"))
        self.report = UnsupportedReport(model.where)
        self._options = options
        self._nodes_seen = 0

    def run(self) -> Graph:
        """The imported graph.

        Raises
        ------
        ModelFormatError, UnsupportedOpError, InputError
        """
        try:
            scope = Scope(self.model.opsets)
            define_inputs(self.model.graph, self._options, scope, self.emitter, self.report)
            self._run_graph(self.model.graph, scope)
            outputs = self._outputs(scope)
            self.report.raise_if_any()
            self._finish(outputs)
        except LiteError as error:
            error.where = error.where or self.model.where
            raise
        except INCONSISTENT as error:
            raise ModelFormatError(
                f"the model contradicts itself ({_told(error)})", where=self.model.where
            ) from error
        return self.emitter.graph

    def run_branch(self, graph: Any, outer: Scope) -> tuple[Value | None, ...]:
        """Import a graph that is an attribute of a node; the values of its outputs."""
        return self.run_body(graph, self.constants_of(graph, outer), ())

    def constants_of(self, graph: Any, outer: Scope) -> Scope:
        """A scope with the initialisers of a body, which all its rounds share."""
        scope = Scope(outer.opsets, outer, depth=outer.depth + 1)
        self._define_constants(graph, scope)
        return scope

    def run_body(
        self, graph: Any, constants: Scope, given: Sequence[Value | None]
    ) -> tuple[Value | None, ...]:
        """Import a body once more, for the given inputs; the values of its outputs, None for broken ones."""
        initialised = {tensor.name for tensor in graph.initializer}
        names = [item.name for item in graph.input if item.name not in initialised]
        if len(given) != len(names):
            raise ModelFormatError(f"its body has {len(names)} inputs, expected {len(given)}")
        self._count()  # bodies may be empty
        scope = Scope(constants.opsets, constants, depth=constants.depth + 1)
        for name, value in zip(names, given):
            scope.define(name, value)
        self._run_nodes(graph.node, scope)
        return tuple(scope.find(output.name) for output in graph.output)

    def _run_graph(self, graph: Any, scope: Scope) -> None:
        self._define_constants(graph, scope)
        self._run_nodes(graph.node, scope)

    def _define_constants(self, graph: Any, scope: Scope) -> None:
        for tensor in graph.sparse_initializer:
            self._refuse(
                scope,
                "(sparse initializer)",
                tensor.values.name,
                UnsupportedOpError(
                    "sparse tensors are not supported", hint="store the tensor as a dense one"
                ),
            )
        for tensor in graph.initializer:
            if scope.outer is None and tensor.name in self._options.frozen:
                continue
            try:
                array = self.model.tensors.read(tensor)
            except UnsupportedOpError as error:
                self._refuse(scope, "(initializer)", tensor.name, error)
            else:
                scope.define(tensor.name, self.emitter.graph.constant(array, tensor.name))

    def _run_nodes(self, nodes: Sequence[Any], scope: Scope) -> None:
        for node in in_order(nodes):
            self._count()
            self._run_node(node, scope)

    def _count(self) -> None:
        self._nodes_seen += 1
        if self._nodes_seen > MOST_NODES:
            raise ModelFormatError(f"the model has more than {MOST_NODES} nodes, its functions expanded "
                                   "and its loops unrolled")

    def _refuse(self, scope: Scope, op: str, name: str, error: UnsupportedOpError) -> None:
        self.report.add(op, name, error.message, error.hint or "")
        scope.define_broken(name)

    def _run_node(self, node: Any, scope: Scope) -> None:
        name = node.name or next(filter(None, node.output), "")
        where = f"{self.model.where}: node {name!r} ({node.op_type})"
        values: Sequence[Value | None] = ()
        try:
            values = self._import_node(node, scope)
        except UnsupportedOpError as error:
            self.report.add(node.op_type, name, error.message, error.hint or "")
        except LiteError as error:
            if error.where is not None and error.where.startswith(self.model.where):
                raise
            inner = f"{error.where}: " if error.where else ""
            raise ModelFormatError(f"{inner}{error.message}", where=where, hint=error.hint) from error
        except INCONSISTENT as error:
            raise ModelFormatError(f"the node contradicts itself ({_told(error)})", where=where) from error
        for position, output in enumerate(node.output):
            value = values[position] if position < len(values) else None
            if output and value is not None:
                scope.define(output, value)
            elif output:
                scope.define_broken(output)

    def _import_node(self, node: Any, scope: Scope) -> Sequence[Value | None]:
        inputs = [scope.find(name) if name else None for name in node.input]
        domain = domain_of(node)
        function = self.model.functions.get((domain, node.op_type))
        if function is None and domain not in scope.opsets:
            raise ModelFormatError(f"its domain {domain or 'ai.onnx'!r} is not among the opsets of the model")
        opset = scope.opsets.get(domain, 0)
        rule = rules.find(node.op_type, opset, domain) if function is None else None
        if rule is None and function is None and not has_function(node.op_type, domain, opset):
            raise _no_rule(node.op_type, domain)
        if any(scope.is_broken(name) for name in node.input if name):
            return ()
        call = Call(self, scope, node, inputs, opset)
        if rule is None:
            return self._expand(call, function or function_of(call, domain))
        answer = rule(call)
        values = answer if isinstance(answer, tuple) else (answer,)
        for position, name in enumerate(node.output):
            if name and position >= len(values):
                raise UnsupportedOpError(
                    f"its output {position} is not supported", hint="remove what reads it"
                )
        return values

    def _expand(self, call: Call, function: Any) -> Sequence[Value | None]:
        """Import the body of a function in the place of its call."""
        if function is None:
            raise UnsupportedOpError(f"opset {call.opset} gives no body for these inputs and attributes")
        attributes = {attribute.name: attribute for attribute in function.attribute_proto}
        attributes.update(call.attributes)
        opsets = {**call.scope.opsets, **opsets_of(function.opset_import)}
        inner = Scope(opsets, attributes=attributes, depth=call.scope.depth + 1)
        for position, name in enumerate(function.input):
            inner.define(name, call.input(position))
        self._run_nodes(function.node, inner)
        return [
            inner.find(name) if wanted else None for name, wanted in zip(function.output, call.node.output)
        ]

    def _outputs(self, scope: Scope) -> list[tuple[str, Value]]:
        outputs = []
        for item in self.model.graph.output:
            value = scope.find(item.name)
            if value is None:
                continue
            elem_type = item.type.tensor_type.elem_type
            if value.type.dtype is DType.F32 and elem_type and dtype_of(elem_type) is DType.F16:
                value = self.emitter.emit("cast", value, name=item.name, to=DType.F16)
            outputs.append((item.name, value))
        return outputs

    def _finish(self, outputs: Sequence[tuple[str, Value]]) -> None:
        if not outputs:
            raise ModelFormatError("the model has no output")
        self.emitter.finish(with_counts(self.emitter, outputs))


def _no_rule(op: str, domain: str) -> UnsupportedOpError:
    if domain:
        return UnsupportedOpError(
            f"the domain {domain!r} is not supported", hint="export the model with standard ONNX ops"
        )
    why, hint = rules.why_not(op)
    return UnsupportedOpError(why, hint=hint)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
