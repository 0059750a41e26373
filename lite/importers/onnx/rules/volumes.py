# SPDX-License-Identifier: Apache-2.0
"""Conv, ConvTranspose and pools with three spatial axes."""

from __future__ import annotations

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers import _volumes
from lite.importers._building import same_pads
from lite.importers._volumes import RANK, Window
from lite.importers.onnx.call import Call
from lite.ir import DType, Value

SAME = {"SAME_UPPER": False, "SAME_LOWER": True}  # whether the greater half of odd pads is before

__all__ = ["RANK", "conv", "conv_transpose", "pool"]


def _triple(call: Call, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
    values = call.many(name, None) or default
    if len(values) != 3 or min(values) < 1:
        raise ModelFormatError(f"{name} is {list(values)}, expected 3 numbers >= 1")
    return tuple(values)


def _window(call: Call, x: Value, kernel: tuple[int, ...]) -> Window:
    strides, dilations = _triple(call, "strides", (1, 1, 1)), _triple(call, "dilations", (1, 1, 1))
    auto_pad = call.text("auto_pad", "NOTSET") or "NOTSET"
    if auto_pad in SAME:
        sides = [same_pads(extent, kernel[axis], strides[axis], dilations[axis], lower=SAME[auto_pad])
                 for axis, extent in enumerate(x.type.shape[2:])]  # fmt: skip
        before, after = (tuple(side[end] for side in sides) for end in (0, 1))
        return Window(kernel, strides, dilations, before, after, False)
    pads = (call.many("pads", None) or (0,) * 6) if auto_pad == "NOTSET" else (0,) * 6
    if len(pads) != 6 or min(pads) < 0:
        raise ModelFormatError(f"pads is {list(pads)}, expected 6 numbers >= 0")
    ceil_mode = bool(call.int("ceil_mode", 0))
    return Window(kernel, strides, dilations, tuple(pads[:3]), tuple(pads[3:]), ceil_mode)


def _singles(call: Call) -> tuple[Value, Value, Value | None]:
    """Input, weights and bias; 64-bit floats are computed in 32 bits."""
    x, w, bias = call.need(0), call.need(1), call.input(2)
    if x.type.dtype is not DType.F64:
        return x, w, bias
    bias = None if bias is None else call.cast(bias, DType.F32)
    return call.cast(x, DType.F32), call.cast(w, DType.F32), bias


def conv(call: Call) -> Value:
    x, w, bias = _singles(call)
    window = _window(call, x, _volumes.kernel_of(w))
    return call.cast(_volumes.conv(call, x, w, bias, window, call.int("group", 1)), call.need(0).type.dtype)


def conv_transpose(call: Call) -> Value:
    x, w, bias = _singles(call)
    if call.many("output_shape", None) or call.text("auto_pad", "NOTSET") in SAME:
        raise UnsupportedOpError("pads that follow from the output's extents are not supported in volumes",
                                 hint="state the pads")  # fmt: skip
    window = _window(call, x, _volumes.kernel_of(w))
    extra = call.many("output_padding", None) or (0, 0, 0)
    if len(extra) != 3 or min(extra) < 0:
        raise ModelFormatError(f"output_padding is {list(extra)}, expected 3 numbers >= 0")
    y = _volumes.conv_transpose(call, x, w, bias, window, tuple(extra), call.int("group", 1))
    return call.cast(y, call.need(0).type.dtype)


def pool(call: Call, x: Value, kind: str, *, count_include_pad: bool) -> Value:
    window = _window(call, x, _triple(call, "kernel_shape", ()))
    return _volumes.pool(call, x, window, kind, count_include_pad=count_include_pad)
