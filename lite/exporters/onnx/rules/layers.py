# SPDX-License-Identifier: Apache-2.0
"""Convolutions and fully connected layers, with what is fused to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lite.errors import UnsupportedOpError
from lite.exporters.onnx.emission import Emission
from lite.exporters.onnx.rules.arithmetic import clamped, swish
from lite.importers._building import same_pads
from lite.ir import Extent


def demand_nchw(e: Emission) -> None:
    """Refuse images that lie otherwise."""
    if e.op.layout != "nchw":
        raise UnsupportedOpError(f"its layout is {e.op.layout}, expected nchw", hint="run the pass to_nchw")


def fixed_kernel(e: Emission) -> list[int]:
    return e.ints(e.type(1).shape[2:], "weights' extents")


def padding(e: Emission, kernel: Sequence[int]) -> dict[str, Any] | None:
    """Attributes for pads; None if they are formulas that none of ONNX's ways to say them means."""
    pads = e.op.pads
    if all(isinstance(pad, int) for pad in pads):
        return {"pads": list(pads)}
    for word, lower in (("SAME_UPPER", False), ("SAME_LOWER", True)):
        sides = [same_pads(e.type().shape[2 + side], kernel[side], e.op.strides[side], e.op.dilations[side],
                           lower=lower) for side in (0, 1)]  # fmt: skip
        if (sides[0][0], sides[1][0], sides[0][1], sides[1][1]) == tuple(pads):
            return {"auto_pad": word}
    return None


def padded(e: Emission, pads: Sequence[Extent]) -> str:
    """The image with zeros around it, as many as formulas say."""
    top, left, bottom, right = pads
    return e.emit("Pad", e.input(0), e.extents((0, 0, top, left, 0, 0, bottom, right)), e.like(0))


def activated(e: Emission, y: str) -> str:
    """The activation that is fused to a layer."""
    op = e.op
    if op.activation == "none":
        return y
    if op.activation in ("relu", "sigmoid"):
        return e.emit(op.activation.capitalize(), y)
    if op.activation in ("relu6", "clip"):
        lo, hi = (0.0, 6.0) if op.activation == "relu6" else (op.alpha, op.beta)
        return clamped(e, y, lo, hi)
    if op.activation == "leaky_relu":
        return e.emit("LeakyRelu", y, alpha=op.alpha)
    if op.activation == "hard_sigmoid":
        return e.emit("HardSigmoid", y, alpha=op.alpha, beta=op.beta)
    if op.activation == "swish":
        return swish(e, y)
    bent = e.emit("HardSwish", y)
    if op.activation == "hard_swish":
        return bent
    return e.emit("Add", e.emit("Mul", bent, e.like(op.alpha)), e.like(op.beta))


def _conv(e: Emission) -> str:
    demand_nchw(e)
    op, kernel = e.op, fixed_kernel(e)
    window = padding(e, kernel)
    x = e.input(0) if window is not None else padded(e, op.pads)
    y = e.emit("Conv", x, e.weights(1), e.input(2), kernel_shape=kernel, strides=list(op.strides),
               dilations=list(op.dilations), group=op.groups, **(window or {}))
    return activated(e, _with_residual(e, y))


def _with_residual(e: Emission, y: str) -> str:
    residual = e.input(3)
    return y if residual is None else e.emit("Add", y, residual)


def _conv_transpose(e: Emission) -> str:
    demand_nchw(e)
    op = e.op
    y = e.emit("ConvTranspose", e.input(0), e.weights(1), e.input(2), kernel_shape=fixed_kernel(e),
               strides=list(op.strides), dilations=list(op.dilations), group=op.groups,
               pads=e.ints(op.pads, "pads"), output_padding=e.ints(op.output_pads, "output pads"))
    return activated(e, y)


def _fully_connected(e: Emission) -> str:
    x, w, bias = e.input(0), e.weights(1), e.input(2)
    if e.type().rank == 2:
        y = e.emit("Gemm", x, w, bias)
    else:
        y = e.emit("MatMul", x, w)
        y = y if bias is None else e.emit("Add", y, bias)
    return activated(e, _with_residual(e, y))


RULES = {
    "conv2d": _conv,
    "conv2d_transpose": _conv_transpose,
    "fully_connected": _fully_connected,
}
