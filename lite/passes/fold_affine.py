# SPDX-License-Identifier: Apache-2.0
"""Scales and offsets per channel (batch_norm, scale, bias) go into the weights of the layer beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

import numpy as np

from lite.ir import Builder, Graph, Node, Value
from lite.ops.add import Add
from lite.ops.conv2d import Conv2d
from lite.ops.conv2d_transpose import Conv2dTranspose
from lite.ops.fully_connected import FullyConnected
from lite.passes.pattern import channel_axis, is_unpadded, maker, other_readers
from lite.passes.rule import Rule, RulePass

Linear = Union[Conv2d, Conv2dTranspose, FullyConnected]
AFFINE = ("add", "sub", "mul", "div")
LINEAR = ("conv2d", "conv2d_transpose", "fully_connected")


@dataclass(frozen=True)
class Affine:
    """y = x * factor + offset, where a constant gives the one or the other."""

    x: Value
    node: Node
    constant: np.ndarray

    @property
    def factor(self) -> np.ndarray:
        if self.node.op.name in ("mul", "div"):
            return self.constant if self.node.op.name == "mul" else 1 / self.constant
        return np.asarray(-1.0 if self.node.op.name == "sub" and self.x is self.node.inputs[1] else 1.0)

    @property
    def offset(self) -> np.ndarray:
        if self.node.op.name in ("mul", "div"):
            return np.asarray(0.0)
        negated = self.node.op.name == "sub" and self.x is self.node.inputs[0]
        return -self.constant if negated else self.constant


def find_affine(node: Node | None) -> Affine | None:
    """An add, sub, mul or div with a constant that does not broadcast the other operand."""
    if node is None:
        return None
    a, b = node.inputs
    if a is None or b is None or a.is_constant == b.is_constant or not a.type.dtype.is_float:
        return None
    x, constant = (b, a) if a.is_constant else (a, b)
    if x.type != node.output.type or constant.array is None or (node.op.name == "div" and x is b):
        return None
    if not np.all(np.isfinite(constant.array)) or (node.op.name == "div" and not np.all(constant.array)):
        return None
    return Affine(x, node, constant.array.astype(np.float64))


def per_channel(array: np.ndarray, rank: int, axis: int, channels: int) -> np.ndarray | None:
    """The array as one number a channel; None if it varies along another axis."""
    full = array.reshape((1,) * (rank - array.ndim) + array.shape)
    if any(extent != 1 for position, extent in enumerate(full.shape) if position != axis):
        return None
    return np.broadcast_to(full.reshape(-1), (channels,)) if full.shape[axis] in (1, channels) else None


@dataclass(frozen=True)
class Layer:
    """A linear layer with constant weights."""

    node: Node
    op: Linear
    w: Value

    @property
    def groups(self) -> int:
        return 1 if isinstance(self.op, FullyConnected) else self.op.groups

    @property
    def out_channels(self) -> int:
        position = 0 if isinstance(self.op, Conv2d) else 1
        return int(self.w.type.shape[position]) * (self.groups if isinstance(self.op, Conv2dTranspose) else 1)

    @property
    def in_channels(self) -> int:
        position = 1 if isinstance(self.op, Conv2d) else 0
        return int(self.w.type.shape[position]) * (self.groups if isinstance(self.op, Conv2d) else 1)

    @property
    def rows(self) -> np.ndarray:
        """The weights as [out, in of its group, ...]."""
        assert self.w.array is not None
        return _to_rows(self.op, self.w.array)

    def scaled(self, factor: np.ndarray) -> np.ndarray:
        """``rows`` times a factor, computed in double precision, which never exists for all of them."""
        rows = self.rows
        scaled = np.empty(rows.shape, rows.dtype)
        np.multiply(rows, factor, out=scaled, dtype=np.float64, casting="same_kind")
        return scaled

    @property
    def bias(self) -> np.ndarray:
        """One number for each output channel."""
        bias = self.node.input(2)
        if bias is None or bias.array is None:
            return np.zeros(self.out_channels)
        return bias.array.astype(np.float64)

    def by_input(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers for each input channel, in a shape that broadcasts against ``rows``."""
        of_rows = numbers.reshape(self.groups, -1)
        if self.groups > 1:
            of_rows = np.repeat(of_rows, self.out_channels // self.groups, axis=0)
        return of_rows.reshape(*of_rows.shape, *(1,) * (self.w.type.rank - 2))

    def by_output(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers for each output channel, in a shape that broadcasts against ``rows``."""
        return numbers.reshape(-1, *(1,) * (self.w.type.rank - 1))

    def rebuilt(self, build: Builder, rows: np.ndarray, bias: np.ndarray, x: Value | None) -> Value:
        """The layer with other weights, bias and input."""
        old_bias = self.node.input(2)
        dtype = self.w.type.dtype.numpy
        inputs: list[Value | None] = [x, build.constant(_from_rows(self.op, rows), dtype, self.w.name)]
        if old_bias is not None or np.any(bias):
            name = old_bias.name if old_bias is not None else f"{self.node.name}.bias"
            inputs.append(build.constant(bias, dtype, name))
        elif len(self.node.inputs) > 3:
            inputs.append(None)
        return build.add(self.op, *inputs, *self.node.inputs[3:], name=self.node.name)


def find_layer(node: Node | None) -> Layer | None:
    """The layer that a node is, if its weights and its bias are constants."""
    if node is None or not isinstance(node.op, (Conv2d, Conv2dTranspose, FullyConnected)):
        return None
    w, bias = node.input(1), node.input(2)
    if w is None or not w.is_constant or not w.type.dtype.is_float:
        return None
    if bias is not None and not bias.is_constant:
        return None
    return Layer(node, node.op, w)


def _to_rows(op: Linear, w: np.ndarray) -> np.ndarray:
    """[out, in of its group, ...] from the weights as the op has them."""
    if isinstance(op, Conv2dTranspose):
        per_group = w.shape[0] // op.groups
        grouped = w.reshape(op.groups, per_group, *w.shape[1:])
        return np.swapaxes(grouped, 1, 2).reshape(op.groups * w.shape[1], per_group, *w.shape[2:])
    return w.T if isinstance(op, FullyConnected) else w


def _from_rows(op: Linear, rows: np.ndarray) -> np.ndarray:
    if isinstance(op, Conv2dTranspose):
        grouped = rows.reshape(op.groups, rows.shape[0] // op.groups, *rows.shape[1:])
        return np.swapaxes(grouped, 1, 2).reshape(op.groups * rows.shape[1], -1, *rows.shape[2:])
    return np.ascontiguousarray(rows.T) if isinstance(op, FullyConnected) else rows


Match = tuple[Affine, Layer]


class AffineBehind(Rule[Match]):
    """A scale or an offset of what a layer makes."""

    name = "affine_behind"
    roots = AFFINE

    def pattern(self, root: Node) -> Match | None:
        affine = find_affine(root)
        layer = find_layer(affine.x.producer) if affine is not None else None
        return (affine, layer) if affine is not None and layer is not None else None

    def check(self, match: Match, graph: Graph) -> str | None:
        affine, layer = match
        if layer.op.activation != "none":
            return f"{layer.node.name} applies {layer.op.activation} in between"
        if layer.node.input(3) is not None:
            return f"{layer.node.name} adds a residual in between"
        if _at_output(affine, affine.constant, layer) is None:
            return "the constant differs within a channel"
        return other_readers(affine.x, affine.node, graph)

    def rewrite(self, match: Match, build: Builder) -> Value:
        affine, layer = match
        factor = _at_output(affine, affine.factor, layer)
        offset = _at_output(affine, affine.offset, layer)
        assert factor is not None and offset is not None
        bias = layer.bias * factor + offset
        return layer.rebuilt(build, layer.scaled(layer.by_output(factor)), bias, layer.node.inputs[0])


def _at_output(affine: Affine, array: np.ndarray, layer: Layer) -> np.ndarray | None:
    rank = affine.x.type.rank
    return per_channel(array, rank, channel_axis(layer.op, rank), layer.out_channels)


class AffineBefore(Rule[Match]):
    """A scale or an offset of what a layer reads."""

    name = "affine_before"
    roots = LINEAR

    def pattern(self, root: Node) -> Match | None:
        affine, layer = find_affine(maker(root.input(0), *AFFINE)), find_layer(root)
        return (affine, layer) if affine is not None and layer is not None else None

    def check(self, match: Match, graph: Graph) -> str | None:
        affine, layer = match
        if _at_input(affine, affine.constant, layer) is None:
            return "the constant differs within a channel"
        if np.any(affine.offset):
            if isinstance(layer.op, Conv2d) and not is_unpadded(layer.op):
                return "the padding is 0 and not what the offset makes of 0"
            if isinstance(layer.op, Conv2dTranspose):
                return "an offset does not reach every output of a transposed convolution equally"
        return other_readers(affine.node.output, layer.node, graph)

    def rewrite(self, match: Match, build: Builder) -> Value:
        affine, layer = match
        factor, offset = _at_input(affine, affine.factor, layer), _at_input(affine, affine.offset, layer)
        assert factor is not None and offset is not None
        rows, bias = layer.scaled(layer.by_input(factor)), layer.bias
        if np.any(offset):
            added = layer.rows * layer.by_input(offset).astype(np.float64)
            bias = bias + added.reshape(layer.out_channels, -1).sum(axis=1)
        return layer.rebuilt(build, rows, bias, affine.x)


def _at_input(affine: Affine, array: np.ndarray, layer: Layer) -> np.ndarray | None:
    rank = affine.x.type.rank
    return per_channel(array, rank, channel_axis(layer.op, rank), layer.in_channels)


class ScaleThroughOffset(Rule[tuple[Affine, Affine, Layer]]):
    """layer(x * a + b), where the padding stops the offset: the scale still passes, as (x + b / a) * a."""

    name = "scale_through_offset"
    roots = LINEAR

    def pattern(self, root: Node) -> tuple[Affine, Affine, Layer] | None:
        offset, layer = find_affine(maker(root.input(0), "add", "sub")), find_layer(root)
        scale = find_affine(maker(offset.x, "mul", "div")) if offset is not None else None
        if scale is None or offset is None or layer is None:
            return None
        return scale, offset, layer

    def check(self, match: tuple[Affine, Affine, Layer], graph: Graph) -> str | None:
        scale, offset, layer = match
        if _at_input(scale, scale.constant, layer) is None:
            return "the scale differs within a channel"
        if not np.all(scale.constant):
            return "a channel is scaled by 0"
        return (other_readers(scale.node.output, offset.node, graph)
                or other_readers(offset.node.output, layer.node, graph))

    def rewrite(self, match: tuple[Affine, Affine, Layer], build: Builder) -> Value:
        scale, offset, layer = match
        factor = scale.factor * offset.factor
        by_channel = _at_input(scale, factor, layer)
        assert by_channel is not None
        shift = build.constant(offset.offset / factor, scale.x.type.dtype.numpy)
        moved = build.add(Add(), scale.x, shift, name=offset.node.name)
        return layer.rebuilt(build, layer.scaled(layer.by_input(by_channel)), layer.bias, moved)


class FoldAffine(RulePass):
    """Folds scales and offsets per channel into conv2d, conv2d_transpose and fully_connected."""

    name = "fold_affine"
    rules = (AffineBehind(), AffineBefore(), ScaleThroughOffset())
