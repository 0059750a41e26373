# SPDX-License-Identifier: Apache-2.0
"""layer_norm, instance_norm and softmax that a model spells out in arithmetic are recognised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

import numpy as np

from lite.ir import Builder, Graph, Node, Value
from lite.ops.add import Add
from lite.ops.instance_norm import InstanceNorm
from lite.ops.layer_norm import LayerNorm
from lite.ops.mul import Mul
from lite.ops.reduce_max import ReduceMax
from lite.ops.reduce_mean import ReduceMean
from lite.ops.reduce_sum import ReduceSum
from lite.ops.softmax import Softmax
from lite.passes.fold_affine import per_channel
from lite.passes.pattern import maker, other_readers, split_uniform, uniform
from lite.passes.rule import Rule, RulePass


@dataclass(frozen=True)
class Normalization:
    """(x - mean(x)) / sqrt(variance(x) + epsilon) over some axes."""

    x: Value
    axes: tuple[int, ...]
    epsilon: float


def find_normalization(node: Node) -> Normalization | None:
    """The normalisation that a node ends: centred / deviation, or centred * (1 / deviation)."""
    a, b = node.inputs
    pairs = ((a, b),) if node.op.name == "div" else ((a, b), (b, a))
    for centred, other in pairs:
        deviation = maker(other, "sqrt") if node.op.name == "div" else _inverse_root(other)
        found = _normalization(centred, deviation.input(0)) if deviation is not None else None
        if found is not None and found.x.type == node.output.type:
            return found
    return None


def _inverse_root(value: Value | None) -> Node | None:
    """The sqrt or rsqrt in rsqrt(v) or 1 / sqrt(v)."""
    node = maker(value, "rsqrt", "div")
    if node is None or node.op.name == "rsqrt":
        return node
    return maker(node.input(1), "sqrt") if uniform(node.input(0)) == 1 else None


def _normalization(centred: Value | None, shifted_variance: Value | None) -> Normalization | None:
    """From x - mean(x) and mean((x - mean(x)) ** 2) + epsilon."""
    add, subtraction = maker(shifted_variance, "add"), maker(centred, "sub")
    parts = split_uniform(add) if add is not None else None
    variance = maker(parts[0], "reduce_mean") if parts is not None else None
    mean = maker(subtraction.input(1), "reduce_mean") if subtraction is not None else None
    if parts is None or variance is None or subtraction is None or mean is None:
        return None
    x = subtraction.input(0)
    op = mean.op
    if x is None or mean.input(0) is not x or op != variance.op or not _is_square(variance.input(0), centred):
        return None
    return Normalization(x, op.axes, parts[1]) if isinstance(op, ReduceMean) and op.keepdims else None


def _is_square(value: Value | None, of: Value | None) -> bool:
    node = maker(value, "mul", "pow")
    if node is None or node.input(0) is not of:
        return False
    return node.input(1) is of if node.op.name == "mul" else uniform(node.input(1)) == 2


class NormalizationPieces(Rule[Normalization]):
    """Over height and width it is instance_norm, over the last axes layer_norm."""

    name = "recognize_normalization"
    roots = ("div", "mul")

    def pattern(self, root: Node) -> Normalization | None:
        return find_normalization(root) if root.output.type.dtype.is_float else None

    def check(self, match: Normalization, graph: Graph) -> str | None:
        rank = match.x.type.rank
        if match.axes != tuple(range(rank - len(match.axes), rank)):
            return f"axes {list(match.axes)} of {rank} are not the last ones"
        if _is_instance(match) and not isinstance(match.x.type.shape[1], int):
            return "the number of channels is known only when running"
        return None

    def rewrite(self, match: Normalization, build: Builder) -> Value:
        if not _is_instance(match):
            return build.add(LayerNorm(axis=match.axes[0], epsilon=match.epsilon), match.x)
        channels, dtype = int(match.x.type.shape[1]), match.x.type.dtype.numpy
        scale, bias = build.constant(np.ones(channels), dtype), build.constant(np.zeros(channels), dtype)
        return build.add(InstanceNorm(epsilon=match.epsilon), match.x, scale, bias)


def _is_instance(match: Normalization) -> bool:
    return match.x.type.rank == 4 and match.axes == (2, 3)


@dataclass(frozen=True)
class Expanded:
    """x * s + (offset - mean(x) * s), where s = scale / deviation; scale and offset may be missing."""

    norm: Normalization
    scale: Value | None
    offset: Value | None


class ExpandedNormalization(Rule[Expanded]):
    """A normalisation over the last axes, multiplied out as Keras writes it, is layer_norm."""

    name = "recognize_expanded_normalization"
    roots = ("add",)

    def pattern(self, root: Node) -> Expanded | None:
        a, b = root.inputs
        for product, rest in ((a, b), (b, a)):
            node = maker(product, "mul")
            for x, factor in zip(node.inputs, reversed(node.inputs)) if node is not None else ():
                found = _expanded(x, factor, rest) if root.output.type.dtype.is_float else None
                if found is not None and found.norm.x.type == root.output.type:
                    return found
        return None

    def check(self, match: Expanded, graph: Graph) -> str | None:
        rank = match.norm.x.type.rank
        if match.norm.axes != tuple(range(rank - len(match.norm.axes), rank)):
            return f"axes {list(match.norm.axes)} of {rank} are not the last ones"
        return None

    def rewrite(self, match: Expanded, build: Builder) -> Value:
        y = build.add(LayerNorm(axis=match.norm.axes[0], epsilon=match.norm.epsilon), match.norm.x)
        y = y if match.scale is None else build.add(Mul(), y, match.scale)
        return y if match.offset is None else build.add(Add(), y, match.offset)


def _expanded(x: Value | None, factor: Value | None, rest: Value | None) -> Expanded | None:
    """From x, s and offset - mean(x) * s."""
    inverse, scale = _with_constant(factor, "mul")
    root = _inverse_root(inverse)
    shifted = root.input(0) if root is not None else None
    add = maker(shifted, "add")
    parts = split_uniform(add) if add is not None else None
    variance = maker(parts[0], "reduce_mean") if parts is not None else None
    square = maker(variance.input(0), "mul", "pow") if variance is not None else None
    norm = _normalization(square.input(0), shifted) if square is not None else None
    product, offset = _with_constant(rest, "add")
    node = maker(product, "mul")
    if norm is None or norm.x is not x or node is None or factor not in node.inputs:
        return None
    negated = maker(node.inputs[0] if node.inputs[1] is factor else node.inputs[1], "neg")
    mean = maker(negated.input(0), "reduce_mean") if negated is not None else None
    if mean is None or mean.input(0) is not x or mean.op != ReduceMean(axes=norm.axes, keepdims=True):
        return None
    return Expanded(norm, scale, offset)


def _with_constant(value: Value | None, op: str) -> tuple[Value | None, Value | None]:
    """The operands of an op of a value and a constant; the value itself and None if it is no such op."""
    node = maker(value, op)
    for made, other in zip(node.inputs, reversed(node.inputs)) if node is not None else ():
        if made is not None and other is not None and other.is_constant and not made.is_constant:
            return made, other
    return value, None


@dataclass(frozen=True)
class ScaledNorm:
    """norm(x) * parameter or norm(x) + parameter."""

    root: Node
    norm: Node
    parameter: Value


class NormParameter(Rule[ScaledNorm]):
    """A scale and an offset behind a normalisation are its parameters."""

    name = "fold_norm_parameter"
    roots = ("mul", "add")

    def pattern(self, root: Node) -> ScaledNorm | None:
        a, b = root.inputs
        for made, parameter in ((a, b), (b, a)):
            norm = maker(made, "layer_norm", "instance_norm")
            if norm is not None and parameter is not None and parameter.is_constant:
                return ScaledNorm(root, norm, parameter)
        return None

    def check(self, match: ScaledNorm, graph: Graph) -> str | None:
        if match.norm.output.type != match.root.output.type or _parameter(match) is None:
            return f"the constant {match.parameter.type} is not one number for each normalised element"
        if isinstance(match.norm.op, LayerNorm):
            if match.norm.input(2) is not None:
                return f"{match.norm.name} adds an offset already"
            if match.root.op.name == "mul" and match.norm.input(1) is not None:
                return f"{match.norm.name} has a scale already"
        elif match.norm.inputs[1] is None or not match.norm.inputs[1].is_constant:
            return f"the scale of {match.norm.name} is not a constant"
        return other_readers(match.norm.output, match.root, graph)

    def rewrite(self, match: ScaledNorm, build: Builder) -> Value:
        x, *old = match.norm.inputs
        numbers = _parameter(match)
        assert numbers is not None
        if isinstance(match.norm.op, LayerNorm):
            parameter = build.constant(numbers, name=match.parameter.name)
            inputs = [parameter] if match.root.op.name == "mul" else [old[0] if old else None, parameter]
            return build.add(match.norm.op, x, *inputs, name=match.norm.name)
        scale, bias = (value.array for value in old if value is not None and value.array is not None)
        if match.root.op.name == "mul":
            scale, bias = scale * numbers, bias * numbers
        else:
            bias = bias + numbers
        return build.add(match.norm.op, x, build.constant(scale), build.constant(bias), name=match.norm.name)


def _parameter(match: ScaledNorm) -> np.ndarray | None:
    """The constant in the shape that the normalisation wants; None if it has another meaning."""
    op, array, shape = match.norm.op, match.parameter.array, match.norm.output.type.shape
    assert array is not None
    if isinstance(op, InstanceNorm):
        channels = shape[op.axis]
        return per_channel(array, len(shape), op.axis, channels) if isinstance(channels, int) else None
    assert isinstance(op, LayerNorm)
    wanted = shape[op.axis:]
    if any(not isinstance(extent, int) for extent in wanted):
        return None
    leading = array.shape[:-len(wanted)]
    if any(extent != 1 for extent in leading):
        return None
    extents = tuple(int(extent) for extent in wanted)
    return np.ascontiguousarray(np.broadcast_to(array.reshape(array.shape[len(leading):]), extents))


Ratio = tuple[Value, Union[ReduceSum, ReduceMax]]


class SoftmaxPieces(Rule[tuple[Value, int]]):
    """exp(x - max(x)) / sum(exp(x - max(x))); the maximum may be missing."""

    name = "recognize_softmax"
    roots = ("div",)

    def pattern(self, root: Node) -> tuple[Value, int] | None:
        exp, total = maker(root.input(0), "exp"), maker(root.input(1), "reduce_sum")
        if exp is None or total is None or total.input(0) is not exp.output:
            return None
        assert isinstance(total.op, ReduceSum)
        x = exp.input(0)
        if x is None or not total.op.keepdims or len(total.op.axes) != 1:
            return None
        return _without_max(x, total.op.axes), total.op.axes[0]

    def rewrite(self, match: tuple[Value, int], build: Builder) -> Value:
        x, axis = match
        return build.add(Softmax(axis=axis), x)


def _without_max(x: Value, axes: tuple[int, ...]) -> Value:
    """x of x - max(x); softmax takes the maximum off by itself."""
    subtraction = maker(x, "sub")
    greatest = maker(subtraction.input(1), "reduce_max") if subtraction is not None else None
    if subtraction is None or greatest is None or greatest.op != ReduceMax(axes=axes, keepdims=True):
        return x
    source = subtraction.input(0)
    return source if source is not None and greatest.input(0) is source else x


class RecognizeNormalizations(RulePass):
    """Finds layer_norm, instance_norm and softmax in their pieces."""

    name = "recognize_normalizations"
    rules = (NormalizationPieces(), ExpandedNormalization(), NormParameter(), SoftmaxPieces())
