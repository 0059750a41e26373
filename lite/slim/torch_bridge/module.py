# SPDX-License-Identifier: Apache-2.0
"""A graph as a torch.nn.Module, whose weights can be trained and read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

import numpy as np
import torch
from torch import Tensor, nn

from lite.errors import InputError
from lite.importers._report import UnsupportedReport
from lite.ir import DType, Graph, Node, Op, TensorType, Value
from lite.ir.interpret import bind_types, static
from lite.slim.torch_bridge.rules import LEFT_OUT, rule_of
from lite.slim.torch_bridge.scales import integers_for, reals, stored_integers

WEIGHTS = {"conv2d": (1, 2), "conv2d_transpose": (1, 2), "fully_connected": (1, 2), "matmul": (0, 1),
           "batch_norm": (1, 2), "layer_norm": (1, 2), "instance_norm": (1, 2), "group_norm": (1, 2),
           "rms_norm": (1,), "prelu": (1,), "gather": (0,)}  # inputs that are trained if they are constants
ARITHMETIC = ("add", "sub", "mul", "div")  # scales and offsets of channels are, too; single numbers are not
NORMS = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}  # by rank of the input
Batch = Union[Tensor, Sequence[Tensor], Mapping[str, Tensor]]


@dataclass(frozen=True)
class _Step:
    """A node, by names of values: a module is copied with its graph."""

    node: str
    op: Op
    rule: Any
    inputs: tuple[str | None, ...]
    outputs: tuple[str, ...]
    spent: tuple[str, ...]  # values that no later step reads


class GraphModule(nn.Module):
    """A graph that PyTorch runs and trains; ``to_graph`` gives it back with the weights as they are then.

    Inputs come by position or by name, and may have any extents that are free in the graph. One output is a
    tensor, several are a tuple in the graph's order.

    Trained constants are parameters of ``weights``, all other constants buffers there. They have the names of
    the graph's values, with a slash in place of each dot. A batch_norm of constants is a module of ``norms``,
    with the name of its output. The model starts in evaluation mode, where it computes what the graph does.

    Parameters
    ----------
    graph : Graph
        Copied.

    Raises
    ------
    UnsupportedOpError
        If ops cannot be trained: all of them are listed.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        _demand_rules(graph)
        self._graph = graph.copy()
        self.input_names = tuple(value.name for value in graph.inputs)
        self.output_names = tuple(value.name for value in graph.outputs)
        self.weights, self.norms = nn.Module(), nn.Module()
        self._norms: dict[str, str] = {}  # module by name of the node's output
        self._held: dict[str, str] = {}  # attribute of weights by name of the constant
        for node in self._graph.nodes:
            if _is_norm(node):
                self._norms[node.output.name] = _add(self.norms, node.output.name, _norm(node))
        for value in self._graph.constants():
            if not value.uses or any(node.outputs[0].name not in self._norms for node, _ in value.uses):
                self._held[value.name] = _add(self.weights, value.name, _tensor(value))
        self._steps = _steps(self._graph)
        self._integers = {value.name: getattr(torch, str(value.type.dtype.numpy)) for value in graph.outputs
                          if not value.type.dtype.is_float}  # quantized ones are whole numbers in floats
        self._bound: tuple[dict[str, int], list[Op]] | None = None  # the last extents, and the ops for them
        self.eval()

    @property
    def graph(self) -> Graph:
        """The graph as it was given, to look at: its weights are those from before any training."""
        return self._graph

    @property
    def input_dtypes(self) -> dict[str, torch.dtype]:
        """The element types of the inputs by name."""
        return {value.name: getattr(torch, "bfloat16" if value.type.dtype is DType.BF16
                                    else str(value.type.dtype.numpy)) for value in self._graph.inputs}

    def check(self, feeds: Mapping[str, Tensor]) -> None:
        """Refuse feeds that the graph does not take.

        Raises
        ------
        InputError
            If inputs are missing, unknown or of another shape or type.
        """
        self._ops({name: _type(name, tensor) for name, tensor in feeds.items()})

    def forward(self, *inputs: Tensor, **named: Tensor) -> Any:
        if len(inputs) > len(self.input_names):
            raise InputError(f"got {len(inputs)} inputs, expected {list(self.input_names)}",
                             where=self._graph.name)
        outputs = self.run({**dict(zip(self.input_names, inputs)), **named})
        values = tuple(outputs[name] for name in self.output_names)
        return values[0] if len(values) == 1 else values

    def run(self, feeds: Mapping[str, Tensor], taps: Sequence[str] = ()) -> dict[str, Tensor]:
        """Outputs, and tapped values inside the graph, by name.

        Parameters
        ----------
        feeds : mapping of input name to Tensor
        taps : sequence of str
            Names of values.

        Raises
        ------
        InputError
            If inputs are missing, unknown or of another shape or type, or a tapped value does not exist.
        """
        ops = self._ops({name: _type(name, tensor) for name, tensor in feeds.items()})
        values = {**self._constants(), **feeds}
        found, wanted = {}, {*self.output_names, *taps}
        for step, op in zip(self._steps, ops):
            inputs = [None if name is None else values[name] for name in step.inputs]
            results = self._apply_step(step, op, inputs)
            values.update(zip(step.outputs, results))
            found.update({name: values[name] for name in step.outputs if name in wanted})
            for name in step.spent:
                del values[name]
        found.update({name: values[name] for name in wanted - set(found) if name in values})
        found.update({name: found[name].to(dtype) for name, dtype in self._integers.items()})
        if wanted - set(found):
            raise InputError(f"there are no values {sorted(wanted - set(found))}", where=self._graph.name)
        return found

    def tensor(self, name: str) -> Tensor:
        """The parameter or buffer that holds a constant of the graph."""
        held: Tensor = getattr(self.weights, self._held[name])
        return held

    def _constants(self) -> dict[str, Tensor]:
        """Constants of the graph by name, as they are now."""
        return {name: getattr(self.weights, attribute) for name, attribute in self._held.items()}

    def _apply_step(self, step: _Step, op: Any, inputs: list[Tensor | None]) -> tuple[Tensor, ...]:
        norm = self._norms.get(step.outputs[0]) if step.outputs else None
        if norm is not None:
            x = inputs[0].movedim(op.axis, 1)  # type: ignore[union-attr]
            return (getattr(self.norms, norm)(x).movedim(1, op.axis),)
        results = step.rule(op, *inputs)
        return results if isinstance(results, (tuple, list)) else (results,)  # type: ignore[return-value]

    def _ops(self, types: Mapping[str, TensorType]) -> list[Op]:
        """The ops with plain numbers for attributes, for inputs of these types."""
        extents = bind_types(self._graph, types)
        if self._bound is None or self._bound[0] != extents:
            self._bound = (extents, [static(step.op, extents) for step in self._steps])
        return self._bound[1]

    def to_graph(self) -> Graph:
        """A graph with the weights, and the statistics of batch norms, as they are now."""
        graph = self._graph.copy()
        with torch.no_grad():
            tensors = self._constants()
        for value, old in zip(graph.constants(), self._graph.constants()):
            if value.name in tensors:
                value.array = self._constant(old, tensors)
                value.type = TensorType.of(value.array)
        for node in graph.nodes:
            if node.outputs and node.outputs[0].name in self._norms:
                _put_norm(graph, node, getattr(self.norms, self._norms[node.outputs[0].name]))
        return graph

    def _constant(self, value: Value, tensors: Mapping[str, Tensor]) -> np.ndarray:
        """A constant as it is now; ``value`` is that of the graph as it was."""
        array = _array(tensors[value.name])
        node = value.uses[0][0] if value.uses else None
        if node is None or stored_integers(node) is not value:
            return array
        scale: Any = node.inputs[1]
        return integers_for(node, array, _array(tensors[scale.name]))

    def parameter_groups(self, learning_rate: float) -> list[dict[str, Any]]:
        """What is trained, as PyTorch's optimizers take it, with options that are not the usual ones."""
        return [{"params": list(self.parameters())}]

    def measure_batch_norms(self, batches: Iterable[Batch]) -> None:
        """Give the batch norms the statistics of data, and the scales and offsets that keep the function.

        Batch norms that were folded have none. Training, which normalises by each batch, would else begin
        with another function.

        Parameters
        ----------
        batches : iterable of Tensor, or of tuples or mappings by name of several
        """
        norms = [getattr(self.norms, name) for name in self._norms.values()]
        sums: dict[Any, list[Any]] = {norm: [0, 0.0, 0.0] for norm in norms}

        def see(norm: Any, inputs: tuple[Tensor]) -> None:
            x = inputs[0].detach().double().movedim(1, 0).flatten(1)
            count, mean, squares = sums[norm]
            sums[norm] = [count + x.shape[1], mean + x.sum(1), squares + (x * x).sum(1)]

        hooks, was_training = [norm.register_forward_pre_hook(see) for norm in norms], self.training
        self.eval()
        try:
            with torch.no_grad():
                for batch in batches:
                    self._call(batch)
        finally:
            self.train(was_training)
            for hook in hooks:
                hook.remove()
        for norm, (count, total, squares) in sums.items():
            if count:
                mean = total / count
                _rebase(norm, mean, torch.clamp(squares / count - mean * mean, min=0))

    def _call(self, batch: Batch) -> Any:
        if isinstance(batch, Mapping):
            return self(**batch)
        return self(batch) if isinstance(batch, Tensor) else self(*batch)


def _rebase(norm: Any, mean: Tensor, variance: Tensor) -> None:
    """Other statistics, and the scale and offset with which the norm computes what it did."""
    with torch.no_grad():
        before = torch.sqrt(norm.running_var.double() + norm.eps)
        slope = norm.weight.double() / before
        norm.bias.add_((slope * (mean - norm.running_mean.double())).to(norm.bias))
        norm.weight.copy_(slope * torch.sqrt(variance + norm.eps))
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)


def _demand_rules(graph: Graph) -> None:
    report = UnsupportedReport(graph.name, "trained")
    for node in graph.nodes:
        if rule_of(node) is None:
            why = LEFT_OUT.get(node.op.name, "PyTorch has no rule for it")
            todo = "train the float model" if node.op.name in LEFT_OUT else "cut the model before it"
            report.add(node.op.name, node.name, why, todo)
    report.raise_if_any()


def _steps(graph: Graph) -> list[_Step]:
    last: dict[str, int] = {}
    for position, node in enumerate(graph.nodes):
        last.update({value.name: position for value in (*node.inputs, *node.outputs)
                     if value is not None and not value.is_constant})
    spent: list[list[str]] = [[] for _ in graph.nodes]
    for name, position in last.items():
        spent[position].append(name)
    inputs = {value.name for value in graph.inputs}
    outputs = {value.name for value in graph.outputs}
    return [_Step(node.name, node.op, rule_of(node),
                  tuple(None if value is None else value.name for value in _read(node)),
                  tuple(value.name for value in node.outputs),
                  tuple(name for name in names if name not in inputs | outputs))
            for node, names in zip(graph.nodes, spent)]


def _read(node: Node) -> tuple[Value | None, ...]:
    """The inputs that a step needs: a BatchNorm module has its own parameters."""
    return node.inputs[:1] if _is_norm(node) else node.inputs


def _is_norm(node: Node) -> bool:
    """Whether a node can be a BatchNorm module."""
    parameters = node.inputs[1:]
    return (node.op.name == "batch_norm" and node.output.type.rank in NORMS
            and all(value is not None and value.is_constant for value in parameters))


def _norm(node: Node) -> Any:
    scale, bias, mean, variance = (_copied(value.array) for value in node.inputs[1:] if value is not None)
    attributes = node.op.attributes()
    norm: Any = NORMS[node.output.type.rank](len(scale), eps=attributes["epsilon"]).to(scale.dtype)
    with torch.no_grad():
        for target, source in ((norm.weight, scale), (norm.bias, bias), (norm.running_mean, mean),
                               (norm.running_var, variance)):
            target.copy_(source)
    return norm


def _put_norm(graph: Graph, node: Node, norm: Any) -> None:
    sources = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
    for position, source in enumerate(sources, start=1):
        old: Any = node.inputs[position]
        if len(old.uses) == 1:
            old.array = _array(source)
            old.type = TensorType.of(old.array)
        else:
            graph.set_input(node, position, graph.constant(_array(source), old.name))


def _tensor(value: Value) -> Tensor | nn.Parameter:
    node = value.uses[0][0] if value.uses else None
    if node is not None and stored_integers(node) is value:
        return nn.Parameter(_copied(reals(node)))
    tensor = _copied(value.array)
    return nn.Parameter(tensor) if _is_trained(value) else tensor


def _is_trained(value: Value) -> bool:
    if not value.type.dtype.is_float:
        return False
    is_spread = value.array is not None and value.array.size > 1
    return any(position in WEIGHTS.get(node.op.name, ()) or (is_spread and node.op.name in ARITHMETIC)
               for node, position in value.uses)


def _add(parent: nn.Module, name: str, child: Any) -> str:
    """Put a module, parameter or buffer into another module; its name there."""
    attribute = name.replace(".", "/")
    while not attribute or hasattr(parent, attribute):
        attribute += "_"
    if isinstance(child, nn.Module):
        parent.add_module(attribute, child)
    elif isinstance(child, nn.Parameter):
        parent.register_parameter(attribute, child)
    else:
        parent.register_buffer(attribute, child)
    return attribute


def _copied(array: Any) -> Tensor:
    return torch.from_numpy(np.array(array, order="C"))


def _array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.detach().cpu().numpy().copy()
    return array


def _type(name: str, tensor: Any) -> TensorType:
    if not isinstance(tensor, Tensor):
        raise InputError(f"got a {type(tensor).__name__}, expected a torch.Tensor", where=f"input {name!r}",
                         hint="torch.from_numpy makes one of an array")
    if tensor.dtype == torch.bfloat16:
        return TensorType(tuple(tensor.shape), DType.BF16)
    return TensorType(tuple(tensor.shape), DType.of(np.dtype(str(tensor.dtype).removeprefix("torch."))))
