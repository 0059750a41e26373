# SPDX-License-Identifier: Apache-2.0
"""What the passes ask about values that integers stand for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lite.ir import DType, Node, Value
from lite.ir.quant import ACTIVATIONS, Quantization, quantize
from lite.ops.dequantize import Dequantize
from lite.ops.pad import Pad
from lite.ops.quantize import Quantize
from lite.passes.pattern import maker

# Inputs that pass through ops which only move elements, or choose among them.
MOVES: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("reshape", "transpose", "slice", "split", "expand", "tile", "pad", "gather",
                     "gather_elements", "gather_nd", "depth_to_space", "space_to_depth", "channel_shuffle",
                     "identity", "reduce_max", "reduce_min", "pool2d", "adaptive_pool2d", "resize"), (0,)),
    **dict.fromkeys(("max", "min"), (0, 1)),
    "where": (1, 2),
}  # fmt: skip


@dataclass(frozen=True)
class Real:
    """A value that integers stand for: (q - zero_point) * scale."""

    q: Value
    quantization: Quantization

    @property
    def scale(self) -> float:
        return self.quantization.scale

    @property
    def zero_point(self) -> int:
        return self.quantization.zero_point


def moved_inputs(node: Node) -> tuple[int, ...]:
    """Positions of the inputs whose elements a node moves without changing them; none if it computes."""
    attributes = node.op.attributes()
    if node.op.name in ("pool2d", "adaptive_pool2d"):
        return (0,) if attributes["kind"] == "max" else ()
    if node.op.name == "resize":
        return (0,) if attributes["mode"] == "nearest" else ()
    if node.op.name == "gather" and node.input(2) is not None:
        return ()  # it scales what it moves
    if node.op.name == "concat":
        return tuple(range(len(node.inputs)))
    return MOVES.get(node.op.name, ())


def single(scale: Value | None) -> float | None:
    """The scale of a whole tensor; None if there are several, or it is not known."""
    array = scale.array if scale is not None else None
    return float(array) if array is not None and array.ndim == 0 else None


def of_scaling(node: Node) -> Quantization | None:
    """The quantization that a quantize or dequantize has for all of its tensor."""
    scale = single(node.input(1))
    if scale is None:
        return None
    if isinstance(node.op, Quantize):
        return Quantization(scale, node.op.zero_point, node.op.dtype)
    q = node.input(0)
    assert isinstance(node.op, Dequantize) and q is not None
    return Quantization(scale, node.op.zero_point, q.type.dtype) if q.type.dtype in ACTIVATIONS else None


def find_real(value: Value | None) -> Real | None:
    """The integers of one scale that a value is made of; None if it is not."""
    node = maker(value, "dequantize")
    quantization = of_scaling(node) if node is not None else None
    q = node.input(0) if node is not None else None
    return Real(q, quantization) if q is not None and quantization is not None else None


def pad_integer(op: Pad, quantization: Quantization) -> int | None:
    """The integer that stands for what a pad fills in; None if no integer does."""
    if op.mode != "constant":
        return quantization.zero_point
    q = quantized_number(op.value, quantization)
    back = np.float32(q - quantization.zero_point) * np.float32(quantization.scale)
    return q if back == np.float32(op.value) else None


def quantized_number(number: float, quantization: Quantization) -> int:
    """The integer that a number becomes."""
    array = np.asarray(number, np.float32)
    return int(quantize(array, quantization.scale, quantization.zero_point, quantization.dtype))


def table_type(q: Value) -> bool:
    """Whether a table of 256 entries says all about a function of a quantized value."""
    return q.type.dtype in (DType.S8, DType.U8)
