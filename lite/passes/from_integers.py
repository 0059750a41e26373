# SPDX-License-Identifier: Apache-2.0
"""Ops on integers become float ops between dequantize and quantize: to_integers, backwards.

An integer op knows the ratios of scales, not the scales. Those are what tools are told of its values
(``Value.quantization``); where they are told nothing, or it contradicts the op, scales are chosen that have
the op's ratios. The scale that one node writes with and that which another reads with need not be the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lite import ops
from lite.ir import Builder, DType, Graph, Node, Op, Value
from lite.ir.quant import ACTIVATIONS, Quantization, dequantize, limits, multiplier, quantize
from lite.ops.add import Add
from lite.ops.clip import Clip
from lite.ops.dequantize import Dequantize
from lite.ops.fully_connected import FullyConnected
from lite.ops.hard_sigmoid import HardSigmoid
from lite.ops.identity import Identity
from lite.ops.layer_norm import LayerNorm
from lite.ops.lookup import Lookup
from lite.ops.matmul import Matmul
from lite.ops.mul import Mul
from lite.ops.pad import Pad
from lite.ops.q_softmax import ONE, powers_of
from lite.ops.quantize import Quantize
from lite.ops.reduce_mean import ReduceMean
from lite.ops.relu import Relu
from lite.ops.softmax import Softmax
from lite.ops.sub import Sub
from lite.passes.integer_layers import combined
from lite.passes.lookups import TABLES, all_bytes
from lite.passes.quantized import moved_inputs
from lite.passes.rule import Log, Pass, replace_outputs

NEIGHBOURS = 3  # floats on either side of a quotient, among which the one is that multiplies back to the bit


class Site:
    """An integer op that is being replaced.

    Attributes
    ----------
    node : Node
    op : Any
        The node's op.
    scale : float
        Of the result.
    """

    def __init__(self, node: Node, build: Builder) -> None:
        self.node = node
        self.op: Any = node.op
        self.build = build
        made = node.output.quantization
        self.scale = made.scale if made is not None else 1.0

    def input(self, position: int) -> Value:
        value = self.node.input(position)
        assert value is not None
        return value

    def known(self, position: int) -> float:
        """The scale that an input is said to have."""
        said = self.input(position).quantization
        return said.scale if said is not None else 1.0

    def agreed(self, position: int, ratio: float, *others: float) -> float:
        """The scale of an input that, times the others, has a ratio to the result's: as it is said, if so."""
        said = self.known(position)
        if multiplier(said, *others, divisor=self.scale) == np.float32(ratio):
            return said
        return float(np.float32(ratio * self.scale / np.prod([*others, 1.0])))

    def real(self, position: int, scale: float, zero_point: int = 0) -> Value:
        """What the integers of an input stand for."""
        return self.dequantized(self.input(position), np.asarray(scale), zero_point)

    def weights(self, position: int, scales: np.ndarray, axis: int) -> Value:
        return self.dequantized(self.input(position), scales, 0, axis)

    def dequantized(self, q: Value, scale: np.ndarray, zero_point: int = 0, axis: int = 0) -> Value:
        scales = self.build.constant(scale, np.float32, f"{q.name}.scale")
        return self.build.add(Dequantize(zero_point, axis), q, scales, name=q.name)

    def emit(self, op: Op, *inputs: Value | None) -> Value:
        return self.build.add(op, *inputs, name=self.node.name)

    def finished(self, y: Value) -> Value:
        """The result on integers again, within the op's bounds."""
        dtype = self.node.output.type.dtype
        lo, hi, zero = self.op.lo, self.op.hi, self.op.y_zero
        least, greatest = limits(dtype)
        if lo == zero and hi == greatest and lo > least:
            y = self.emit(Relu(), y)
        elif (lo, hi) != (least, greatest):
            low, high = map(float, dequantize(np.asarray([lo, hi]), self.scale, zero))
            y = self.emit(Clip(low if lo > least else -np.inf, high if hi < greatest else np.inf), y)
        return self.quantized(y, Quantization(self.scale, zero, dtype))

    def quantized(self, y: Value, how: Quantization) -> Value:
        scale = self.build.constant(how.scale, np.float32, f"{self.node.name}.scale")
        made = self.emit(Quantize(how.zero_point, dtype=how.dtype), y, scale)
        made.quantization = how
        return made


def weight_scales(x: float, wanted: np.ndarray, y: float) -> np.ndarray:
    """Scales of weights with which the layer has the wanted factors, to the bit where that can be."""
    middle = (wanted.astype(np.float64) * y / x).astype(np.float32)
    best = middle
    missed = np.abs(combined(x, middle, y) - wanted)
    for direction in (-np.inf, np.inf):
        candidate = middle
        for _ in range(NEIGHBOURS):
            candidate = np.nextafter(candidate, np.float32(direction))
            off = np.abs(combined(x, candidate, y) - wanted)
            best, missed = np.where(off < missed, candidate, best), np.minimum(off, missed)
    return np.asarray(best, np.float32)


def _layer(site: Site) -> Value:
    """conv2d and fully_connected, with what is added to them and a table behind them."""
    is_image = site.node.op.name == "q_conv2d"
    table = site.node.input(5)  # the scale of what it is asked about is unknown: that of its answers will do
    op = site.op.unquantized if is_image else FullyConnected()
    if site.node.input(4) is not None:
        y = _with_residual(site, op)
        return y if table is None else _looked_up(site, y, table, site.node.output.quantization)
    x_scale, factors = site.known(0), site.input(3).array
    assert factors is not None
    scales = weight_scales(x_scale, factors, site.scale)
    inputs = [site.real(0, x_scale, site.op.x_zero), site.weights(1, scales, 0 if is_image else 1),
              site.dequantized(site.input(2), _bias_scales(x_scale, scales), 0)]
    y = site.finished(site.emit(op, *inputs))
    return y if table is None else _looked_up(site, y, table, site.node.output.quantization)


def _with_residual(site: Site, op: Op) -> Value:
    """A layer with something added to its sums, in steps of its result, and step by step.

    No other engine adds that to integers before it rounds. In floats, sums of integers are exact up to 2^24,
    and so each step rounds as ours do: a bit that differs would grow from layer to layer.
    """
    factors, one = site.input(3).array, np.asarray(1.0)
    assert factors is not None
    x, w = site.real(0, 1.0, site.op.x_zero), site.weights(1, one, 0)
    bias = site.dequantized(site.input(2), one)
    sums = site.emit(op, x, w, bias)  # channels are last: images lie as NHWC
    steps = site.emit(Mul(), sums, site.build.constant(factors, name=f"{site.node.name}.factors"))
    added = site.real(4, site.op.residual_scale, site.op.residual_zero)
    known, site.scale = site.scale, 1.0
    made = site.finished(site.emit(Add(), steps, added))
    made.quantization = Quantization(known, site.op.y_zero, made.type.dtype)
    return made


def _bias_scales(x: float, weights: np.ndarray) -> np.ndarray:
    return np.asarray(np.float32(x) * weights, np.float32)


def _transposed(site: Site) -> Value:
    op = site.op.unquantized
    x_scale, factors, w = site.known(0), site.input(3).array, site.input(1)
    assert factors is not None and w.array is not None
    scales = weight_scales(x_scale, factors, site.scale)
    by_group = scales.reshape(op.groups, -1)
    if (by_group == by_group[0]).all():
        weights = site.weights(1, by_group[0], 1)
    else:  # no axis of the weights has these scales
        rows = np.repeat(by_group, w.array.shape[0] // op.groups, axis=0)
        weights = site.build.constant(w.array * rows[:, :, None, None], np.float32, w.name)
    bias = site.dequantized(site.input(2), _bias_scales(x_scale, scales), 0)
    return site.finished(site.emit(op, site.real(0, x_scale, site.op.x_zero), weights, bias))


def _sum(site: Site) -> Value:
    op = site.op
    left = site.real(0, site.agreed(0, op.a_scale), op.a_zero)
    right = site.real(1, site.agreed(1, abs(op.b_scale)), op.b_zero)
    return site.finished(site.emit(Sub() if op.b_scale < 0 else Add(), left, right))


def _product(site: Site) -> Value:
    op, left = site.op, site.known(0)
    right = site.agreed(1, op.scale, left)
    float_op = op.unquantized if site.node.op.name == "q_matmul" else Mul()
    assert isinstance(float_op, (Matmul, Mul))
    return site.finished(site.emit(float_op, site.real(0, left, op.a_zero), site.real(1, right, op.b_zero)))


def _scaled(float_op: Callable[[Any], Op]) -> Callable[[Site], Value]:
    """Ops on one input, which only their scale distinguishes from what they do to floats."""

    def form(site: Site) -> Value:
        x = site.real(0, site.agreed(0, site.op.scale), site.op.x_zero)
        return site.finished(site.emit(float_op(site.op), x))

    return form


def _layer_norm(site: Site) -> Value:
    op = site.op
    site.scale = op.y_scale
    said = site.input(0).quantization
    x = site.real(0, op.x_scale, said.zero_point if said is not None else 0)  # any: the mean is taken off
    return site.finished(site.emit(LayerNorm(op.axis, op.epsilon), x, site.input(1), site.input(2)))


def _softmax(site: Site) -> Value:
    powers, said = site.input(1).array, site.input(0).quantization
    assert powers is not None
    if said is None or not np.array_equal(powers_of(said.scale), powers):
        said = Quantization(_scale_of_powers(powers))
    site.scale = site.op.y_scale
    return site.finished(site.emit(Softmax(site.op.axis), site.real(0, said.scale, said.zero_point)))


def _scale_of_powers(powers: np.ndarray) -> float:
    """The scale that ``powers_of`` was asked about, from the power that tells most of it."""
    place = int(np.argmax(np.arange(len(powers)) * powers.astype(np.int64)))
    return float(np.float32(-np.log(powers[place] / ONE) / place)) if 0 < powers[place] < ONE else 1.0


def _lookup(site: Site) -> Value:
    return _looked_up(site, site.input(0), site.input(1), site.node.output.quantization)


def _looked_up(site: Site, q: Value, table: Value, y: Quantization | None) -> Value:
    """A table of reals in the place of one of integers, so that other engines see floats to quantize."""
    if table.type.dtype is DType.F32 or table.array is None:
        return site.emit(Lookup(), q, table)
    y = y or Quantization(1.0, 0, table.type.dtype)
    function = _function_of(table.array, q.quantization, y)
    if function is not None and q.quantization is not None:
        x = site.dequantized(q, np.asarray(q.quantization.scale), q.quantization.zero_point)
        return site.quantized(x if isinstance(function, Identity) else site.emit(function, x), y)
    entries = site.build.constant(dequantize(table.array, y.scale, y.zero_point), name=table.name)
    return site.quantized(site.emit(Lookup(), q, entries), y)


def _function_of(table: np.ndarray, x: Quantization | None, y: Quantization) -> Op | None:
    """The op that a table is the rounded function of, if it is one with its usual attributes."""
    if x is None:
        return None
    reals = dequantize(all_bytes(x.dtype), x.scale, x.zero_point)
    for op in _functions():
        (results,) = op.reference_all((reals,))
        if np.array_equal(quantize(results, y.scale, y.zero_point, y.dtype), table):
            return op
    return None


@functools.cache
def _functions() -> tuple[Op, ...]:
    """What tables are tried for: first what is cheapest."""
    plain = tuple(ops.get(name)() for name in TABLES)
    cheapest = [op for op in plain if op.name in ("relu", "relu6")]
    return (Identity(), *cheapest, HardSigmoid(1 / 6), *plain)


FORMS: dict[str, Callable[[Site], Value]] = {
    "q_conv2d": _layer, "q_fully_connected": _layer, "q_conv2d_transpose": _transposed, "q_add": _sum,
    "q_mul": _product, "q_matmul": _product, "q_softmax": _softmax, "q_layer_norm": _layer_norm,
    "q_average_pool2d": _scaled(lambda op: op.unquantized), "q_resize": _scaled(lambda op: op.unquantized),
    "q_reduce_mean": _scaled(lambda op: ReduceMean(op.axes, op.keepdims)), "lookup": _lookup,
}  # fmt: skip


class FromIntegers(Pass):
    """Leaves only quantize and dequantize of the ops that compute on quantized integers, or move them."""

    name = "from_integers"

    def run(self, graph: Graph, log: Log) -> None:
        for node in list(graph.nodes):
            build = Builder(graph, before=node, name=node.name)
            if node.op.name in FORMS and not _is_real_table(node):
                self._replace(graph, node, (FORMS[node.op.name](Site(node, build)),), log)
                continue
            said = _moved(node)
            if said is not None:
                self._replace(graph, node, _moved_as_reals(node, said, build), log)

    def _replace(self, graph: Graph, node: Node, values: Sequence[Value], log: Log) -> None:
        reason = replace_outputs(graph, node, values)
        if reason is not None:
            log.refuse(self.name, node, reason)
        else:
            log.changes[self.name] += 1


def _is_real_table(node: Node) -> bool:
    return node.op.name == "lookup" and node.output.type.dtype is DType.F32


def _moved(node: Node) -> Quantization | None:
    """What the integers stand for that a node moves; None if it moves none, or nothing is said of them."""
    read = [node.input(position) for position in moved_inputs(node)]
    said = [value.quantization for value in read if value is not None and value.quantization is not None]
    is_quantized = said and all(value is not None and value.type.dtype in ACTIVATIONS for value in read)
    return said[0] if is_quantized else None


def _moved_as_reals(node: Node, said: Quantization, build: Builder) -> tuple[Value, ...]:
    site = Site(node, build)
    inputs = [site.real(position, said.scale, said.zero_point) if position in moved_inputs(node) else value
              for position, value in enumerate(node.inputs)]
    op = node.op
    if isinstance(op, Pad):
        op = op.replace(value=float(dequantize(np.asarray(int(op.value)), said.scale, said.zero_point)))
    return tuple(site.quantized(value, said) for value in build.add_all(op, *inputs))
