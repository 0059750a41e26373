# SPDX-License-Identifier: Apache-2.0
"""Caffe's layers that look through windows, or sample images anew."""

from __future__ import annotations

from typing import Any

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.caffe.call import Call
from lite.ir import Extent, Value
from lite.ir.dim import ceil_div, floor_div


def _pair(told: Any, name: str, default: int, old: str = "") -> tuple[int, int]:
    """Height and width: ``name``_h and ``name``_w, or one or two numbers called ``old`` (or ``name``)."""
    if hasattr(told, f"{name}_h") and (told.HasField(f"{name}_h") or told.HasField(f"{name}_w")):
        return getattr(told, f"{name}_h"), getattr(told, f"{name}_w")
    found = getattr(told, old or name)
    several = [found] if isinstance(found, int) else list(found)
    if not several or (isinstance(found, int) and not told.HasField(old or name)):
        return default, default
    if len(several) > 2:
        raise UnsupportedOpError(f"{old or name} has {len(several)} numbers; height and width are supported")
    return several[0], several[-1]


def _kernel(told: Any) -> tuple[int, int]:
    kernel = _pair(told, "kernel", 0, "kernel_size")
    if min(kernel) < 1:
        raise ModelFormatError(f"the kernel is {kernel[0]} x {kernel[1]}, expected at least 1 x 1")
    return kernel


def _frame(told: Any) -> tuple[tuple[int, int], tuple[int, int, int, int]]:
    """Strides and pads."""
    strides, (rows, columns) = _pair(told, "stride", 1), _pair(told, "pad", 0)
    if min(strides) < 1:
        raise ModelFormatError(f"the strides are {strides[0]} and {strides[1]}, expected at least 1")
    return strides, (rows, columns, rows, columns)


def _convolution(call: Call) -> Value:
    return _convolved(call, call.param("convolution").group)


def _depthwise(call: Call) -> Value:
    """A convolution of as many groups as channels, whatever its ``group`` says."""
    return _convolved(call, call.known(call.image().type.shape[1], "number of channels"))


def _convolved(call: Call, groups: int) -> Value:
    x, told = call.image(), call.param("convolution")
    channels, out, kernel = _channels(call, x, groups), told.num_output, _kernel(told)
    strides, pads = _frame(told)
    w = call.constant(call.weights(0, (out, channels // groups, *kernel), "weights"))
    return call.emit(
        "conv2d",
        x,
        w,
        _bias(call, told),
        strides=strides,
        pads=pads,
        dilations=_pair(told, "dilation", 1),
        groups=groups,
    )


def _deconvolution(call: Call) -> Value:
    x, told = call.image(), call.param("convolution")
    groups = told.group
    channels, out, kernel = _channels(call, x, groups), told.num_output, _kernel(told)
    strides, pads = _frame(told)
    w = call.constant(call.weights(0, (channels, out // groups, *kernel), "weights"))
    return call.emit(
        "conv2d_transpose",
        x,
        w,
        _bias(call, told),
        strides=strides,
        pads=pads,
        dilations=_pair(told, "dilation", 1),
        groups=groups,
    )


def _channels(call: Call, x: Value, groups: int) -> int:
    """The input's channels, after checks that all convolutions share."""
    told, channels = call.param("convolution"), call.known(x.type.shape[1], "number of channels")
    if told.axis not in (1, -3):
        raise UnsupportedOpError(f"it has its channels on axis {told.axis}; axis 1 is supported")
    if groups < 1 or told.num_output < 1 or channels % groups or told.num_output % groups:
        raise ModelFormatError(
            f"{channels} channels in and {told.num_output} out do not make {groups} groups"
        )
    return channels


def _bias(call: Call, told: Any) -> Value | None:
    return call.constant(call.weights(1, (told.num_output,), "bias")) if told.bias_term else None


def _pooling(call: Call) -> Value:
    """The last window may hang over the end, but it begins inside the image or the padding before it."""
    x, told = call.image(), call.param("pooling")
    kind = {0: "max", 1: "average"}.get(told.pool)
    if kind is None:
        raise UnsupportedOpError("stochastic pooling is not supported", hint="use MAX or AVE when testing")
    if told.global_pooling:
        return call.emit("reduce_max" if kind == "max" else "reduce_mean", x, axes=(2, 3), keepdims=True)
    kernel, (strides, pads) = _kernel(told), _frame(told)
    if any(pad >= size for pad, size in zip(pads, kernel)):
        raise ModelFormatError(f"pads {list(pads[:2])} are not smaller than the kernel {list(kernel)}")
    up = told.ceil_mode and told.round_mode == 0
    for side in (0, 1):
        extent = x.type.shape[2 + side]
        if (
            up
            and isinstance(extent, int)
            and _begins_outside(extent, kernel[side], strides[side], pads[side])
        ):
            raise UnsupportedOpError(
                f"its last window of {kernel[side]} begins behind the {extent} pixels of axis {2 + side}",
                hint="let strides be no greater than the kernel",
            )
    return call.emit(
        "pool2d",
        x,
        kind=kind,
        kernel=kernel,
        strides=strides,
        pads=pads,
        ceil_mode=up,
        count_include_pad=kind == "average",
    )


def _begins_outside(extent: int, kernel: int, stride: int, pad: int) -> bool:
    """Whether Caffe, which looks for that with padding only, would read a window without any element."""
    return pad == 0 and ceil_div(extent - kernel, stride) * stride >= extent


def _interp(call: Call) -> Value:
    """Bilinear, corners on corners: to a size, or shrunk and zoomed by factors; negative pads cut off."""
    x, told = call.image(), call.param("interp")
    if max(told.pad_beg, told.pad_end) > 0:
        raise ModelFormatError(f"pads are {told.pad_beg} and {told.pad_end}, expected at most 0")
    if told.pad_beg or told.pad_end:
        sizes = tuple(extent + told.pad_beg + told.pad_end for extent in x.type.shape[2:])
        x = call.emit("slice", x, axes=(2, 3), starts=(-told.pad_beg,) * 2, sizes=sizes, steps=(1, 1))
    if told.height > 0 and told.width > 0:
        size: tuple[Extent, ...] = (told.height, told.width)
    elif told.zoom_factor < 1 or told.shrink_factor < 1:
        raise ModelFormatError(
            f"the factors are {told.zoom_factor} and {told.shrink_factor}, expected at least 1"
        )
    else:
        size = tuple(_zoomed(extent, told.shrink_factor, told.zoom_factor) for extent in x.type.shape[2:])
    return call.emit("resize", x, size=size, mode="linear", coordinates="align_corners")


def _zoomed(extent: Extent, shrink: int, zoom: int) -> Extent:
    small = floor_div(extent - 1, shrink) + 1
    return small + (small - 1) * (zoom - 1)


def _upsample(call: Call) -> Value:
    x, scale = call.image(), call.param("upsample").scale
    if len(call.bottoms) > 1:
        raise UnsupportedOpError("it puts values back where a pooling took them, which is not supported")
    if scale < 1:
        raise ModelFormatError(f"scale is {scale}, expected at least 1")
    size = tuple(extent * scale for extent in x.type.shape[2:])
    return call.emit("resize", x, size=size, mode="nearest", coordinates="asymmetric", nearest="floor")


RULES = {
    "Convolution": _convolution, "ConvolutionDepthwise": _depthwise, "Deconvolution": _deconvolution,
    "DepthwiseConvolution": _depthwise, "Interp": _interp, "Pooling": _pooling, "Upsample": _upsample,
}  # fmt: skip
