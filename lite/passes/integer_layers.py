# SPDX-License-Identifier: Apache-2.0
"""Integer forms of the layers x * w + bias."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lite.ir import DType, Node, Op, Value
from lite.ir.quant import GREATEST_SCALE, LEAST_SCALE, Quantization, limits
from lite.ops.dequantize import Dequantize
from lite.passes.integer_form import IntegerForm, NoForm, Operand, Site, integer_op
from lite.passes.pattern import UNBOUNDED, maker
from lite.passes.quantized import Real

LEAST_SUM, GREATEST_SUM = limits(DType.S32)
MOST_LOST = 1 / 64  # of a step of the result, by a bias that is cut so that it fits
COARSE_BIAS = 1 << 29  # steps of a bias for which weights are rounded anew
FORMS = {"conv2d": "q_conv2d", "conv2d_transpose": "q_conv2d_transpose",
         "fully_connected": "q_fully_connected"}  # fmt: skip
_BOUNDS = {"none": UNBOUNDED, "relu": (0.0, np.inf), "relu6": (0.0, 6.0)}


@dataclass(frozen=True)
class Weights:
    """Integers around 0, and the scale of each output channel."""

    operand: Value | np.ndarray
    array: np.ndarray
    scales: np.ndarray  # double precision


def layer_form(site: Site) -> IntegerForm:
    """conv2d, conv2d_transpose or fully_connected on integers.

    Raises
    ------
    NoForm
    """
    node, x = site.node, site.real(0)
    if node.op.attributes().get("layout") == "nchw":
        raise NoForm("it is not NHWC")
    activation = activation_bounds(node.op)
    weights = find_weights(node)
    bias, weights = find_bias(node, weights, x, site.y.scale)
    scale = combined(x.scale, weights.scales, site.y.scale)
    inputs: list[Operand] = [x.q, weights.operand, bias, scale]
    attributes: dict[str, float | int] = {**site.results(activation), "x_zero": x.zero_point}
    if node.input(3) is not None:
        residual = site.real(3, "what is added to it,")
        inputs.append(residual.q)
        attributes |= {"residual_scale": site.ratio(residual.scale), "residual_zero": residual.zero_point}
    return IntegerForm(integer_op(FORMS[node.op.name], node.op, **attributes), tuple(inputs))


def combined(x: float, weights: np.ndarray, y: float) -> np.ndarray:
    """x * weights / y, each step rounded to single precision: onnxruntime's layers do so, to the bit."""
    with np.errstate(under="ignore", over="ignore"):
        product = np.float32(x) * weights.astype(np.float32)
    normal = (product >= np.finfo(np.float32).tiny) & np.isfinite(product)
    return np.where(normal, product / np.float32(y), x * weights / y).astype(np.float32)


def activation_bounds(op: Op) -> tuple[float, float]:
    """Between which numbers a layer clamps.

    Raises
    ------
    NoForm
        If its activation does more than that.
    """
    attributes = op.attributes()
    if attributes["activation"] == "clip":
        return attributes["alpha"], attributes["beta"]
    if attributes["activation"] not in _BOUNDS:
        raise NoForm(f"the value before {attributes['activation']} is not quantized")
    return _BOUNDS[attributes["activation"]]


def find_weights(node: Node) -> Weights:
    """The integers of a layer's weights.

    Raises
    ------
    NoForm
        If there are none, or they do not lie around 0 in 8 bits, or their scales are along another axis.
    """
    scaled = maker(node.input(1), "dequantize")
    if scaled is None:
        value = node.input(1)
        raise NoForm("its weights are not " + ("quantized" if value and value.is_constant else "constant"))
    q, scale = scaled.inputs
    if q is None or q.array is None or scale is None or scale.array is None:
        raise NoForm("its weights are not constant")
    assert isinstance(scaled.op, Dequantize)
    steps = q.array.astype(np.int64) - scaled.op.zero_point
    if steps.size and not -128 <= steps.min() <= steps.max() <= 127:
        raise NoForm(f"its weights reach from {steps.min()} to {steps.max()} steps, expected -128 to 127")
    array = steps.astype(np.int8)
    same = q.array.dtype == np.int8 and scaled.op.zero_point == 0
    return Weights(q if same else array, array, _by_channel(node, scaled.op.axis, scale.array, array.shape))


def _by_channel(node: Node, axis: int, scale: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A scale for each output channel."""
    channels = 0 if node.op.name == "conv2d" else 1
    groups = node.op.attributes()["groups"] if node.op.name == "conv2d_transpose" else 1
    if scale.ndim and axis != channels:
        raise NoForm(f"its weights have scales along axis {axis}, expected {channels}: the output channels")
    return np.tile(np.broadcast_to(scale.astype(np.float64), (shape[channels],)), groups)


def find_bias(node: Node, weights: Weights, x: Real, y_scale: float) -> tuple[np.ndarray, Weights]:
    """The bias in steps of the sums, and the weights with scales in which it fits.

    Raises
    ------
    NoForm
        If it is not constant, or so great that sums could wrap around.
    """
    scales = x.scale * weights.scales
    real = real_bias(node, scales)
    steps = real / scales
    channels = 0 if node.op.name == "conv2d" else 1
    rows = np.moveaxis(weights.array, channels, 0)
    rows = rows.reshape(rows.shape[0], -1)
    least, greatest = (np.tile(side, len(steps) // len(rows)) for side in _room(rows, x.quantization))
    held = np.clip(np.rint(steps), least, greatest)
    great = ~(np.abs(held - steps) * scales <= np.maximum(scales, y_scale * MOST_LOST))
    if not great.any():
        return held.astype(np.int32), weights
    scales = np.where(great, np.abs(real) / (x.scale * COARSE_BIAS), weights.scales)
    coarse, lost = _coarser(rows, weights.scales / scales)
    wrong = great & ~(lost * scales * x.scale * _range(x.quantization) <= y_scale * MOST_LOST)
    if wrong.any() or not np.all((scales >= LEAST_SCALE) & (scales <= GREATEST_SCALE)):
        channel = int(np.argmax(wrong)) if wrong.any() else int(np.argmax(great))
        raise NoForm(f"the bias of channel {channel} is {real[channel]:g}, which is {steps[channel]:.0f} "
                     f"steps of its sums, expected {least[channel]} to {greatest[channel]}")
    if len(coarse) == len(rows):
        array = np.moveaxis(coarse.reshape(np.moveaxis(weights.array, channels, 0).shape), 0, channels)
        weights = replace(weights, operand=np.ascontiguousarray(array), array=array)
    return np.rint(real / (x.scale * scales)).astype(np.int32), replace(weights, scales=scales)


def _coarser(rows: np.ndarray, ratio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The weights of each channel in other steps, and the sum of what rounding takes from them.

    Rows that several groups share cannot be rounded for one of them: unless they are 0, all is lost.
    """
    if len(ratio) != len(rows):
        lost = np.where(rows.any(axis=1), np.inf, 0.0)
        return rows[:0], np.tile(lost, len(ratio) // len(rows))
    exact = rows * ratio[:, None]
    rounded = np.rint(exact)
    return rounded.astype(np.int8), np.abs(exact - rounded).sum(axis=1)


def _range(x: Quantization) -> int:
    """How far an input's integers may be from what stands for 0."""
    return max(abs(end - x.zero_point) for end in limits(x.dtype))


def _room(rows: np.ndarray, x: Quantization) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest bias of each row of weights with which no sum leaves 32 bits, whatever the input."""
    ends = [rows.astype(np.int64) * (end - x.zero_point) for end in limits(x.dtype)]
    if x.dtype is DType.S16:
        ends = [end[:, :0] for end in ends]  # those sums have 64 bits
    lowest, highest = np.minimum(*ends).sum(axis=1), np.maximum(*ends).sum(axis=1)
    return LEAST_SUM - lowest, GREATEST_SUM - highest


def real_bias(node: Node, sums: np.ndarray) -> np.ndarray:
    """The bias of each channel, in double precision; integers with the scales of the sums stay what they are.

    Raises
    ------
    NoForm
        If it is not constant.
    """
    bias = node.input(2)
    if bias is None:
        return np.zeros(len(sums))
    if bias.array is not None:
        return bias.array.astype(np.float64)
    scaled = maker(bias, "dequantize")
    q, scale = scaled.inputs if scaled is not None else (None, None)
    if scaled is None or q is None or q.array is None or scale is None or scale.array is None:
        raise NoForm("its bias is not constant")
    steps = q.array.astype(np.float64) - float(scaled.op.attributes()["zero_point"])
    scales = scale.array.astype(np.float64)
    return np.asarray(steps * (sums if np.allclose(scales, sums, rtol=1e-6, atol=0) else scales))
