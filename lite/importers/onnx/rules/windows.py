# SPDX-License-Identifier: Apache-2.0
"""Conv, ConvTranspose and the pools; signals (N, C, length) go through images of height 1."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import axis_of, same_pads
from lite.importers.onnx.call import Call
from lite.importers.onnx.rules import unpooling, volumes
from lite.ir import Extent, Value
from lite.ir.dim import ceil_div, maximum

AUTO_PADS = ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")


@dataclass
class Window:
    """Attributes of a sliding window over height and width."""

    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    pads: tuple[Extent, Extent, Extent, Extent]  # top, left, bottom, right
    auto_pad: str


def _images(call: Call, value: Value) -> Value:
    """A signal as an image of height 1; images as they are."""
    shape = value.type.shape
    if len(shape) == 4:
        return value
    if len(shape) != 3:
        raise UnsupportedOpError(
            f"its input has {len(shape) - 2} spatial axes; 1 and 2 are supported",
            hint="reshape the data so that it has at most height and width",
        )
    return call.emit("unsqueeze", value, axes=(2,))


def _restored(call: Call, image: Value, like: Value) -> Value:
    """The result in the rank of the input."""
    return image if like.type.rank == 4 else call.emit("squeeze", image, axes=(2,))


def _pair(call: Call, name: str, default: int, rank: int) -> tuple[int, int]:
    values = call.many(name, None) or (default,) * (rank - 2)
    if len(values) != rank - 2 or min(values) < 1:
        raise ModelFormatError(f"{name} is {list(values)}, expected {rank - 2} numbers >= 1")
    return (1, values[0]) if rank == 3 else (values[0], values[1])


def _kernel(call: Call, shape: tuple[Extent, ...], rank: int) -> tuple[int, int]:
    """Kernel extents from the weights' shape, which an attribute may repeat."""
    if len(shape) != rank or not all(isinstance(extent, int) for extent in shape):
        raise ModelFormatError(f"the weights have shape {list(shape)}, expected rank {rank}")
    kernel = shape[2:] if rank == 4 else (1, shape[2])
    stated = _pair(call, "kernel_shape", 1, rank) if call.has("kernel_shape") else kernel
    if stated != kernel:
        raise ModelFormatError(f"kernel_shape is {list(stated)}, but the weights have {list(kernel)}")
    return kernel  # type: ignore[return-value]


def _window(call: Call, x: Value, kernel: tuple[int, int], rank: int) -> Window:
    auto_pad = call.text("auto_pad", "NOTSET") or "NOTSET"
    if auto_pad not in AUTO_PADS:
        raise ModelFormatError(f"auto_pad is {auto_pad!r}, expected one of {', '.join(AUTO_PADS)}")
    strides, dilations = _pair(call, "strides", 1, rank), _pair(call, "dilations", 1, rank)
    return Window(kernel, strides, dilations, _pads(call, auto_pad, rank), auto_pad)


def _pads(call: Call, auto_pad: str, rank: int) -> tuple[Extent, Extent, Extent, Extent]:
    pads = call.many("pads", None) if auto_pad == "NOTSET" else None
    if not pads:
        return 0, 0, 0, 0
    if len(pads) != 2 * (rank - 2):
        raise ModelFormatError(f"pads is {list(pads)}, expected {2 * (rank - 2)} numbers")
    if min(pads) < 0:
        raise UnsupportedOpError(
            f"negative pads {list(pads)} are not supported", hint="use Slice in their place"
        )
    return (0, pads[0], 0, pads[1]) if rank == 3 else tuple(pads)


def _with_same_pads(window: Window, x: Value) -> Window:
    """The window with the pads that auto_pad asks for."""
    if window.auto_pad not in ("SAME_UPPER", "SAME_LOWER"):
        return window
    lower = window.auto_pad == "SAME_LOWER"
    sides = [
        same_pads(extent, kernel, stride, dilation, lower=lower)
        for extent, kernel, stride, dilation in zip(
            x.type.shape[2:], window.kernel, window.strides, window.dilations
        )
    ]
    window.pads = (sides[0][0], sides[1][0], sides[0][1], sides[1][1])
    return window


def conv(call: Call) -> Value:
    x, w = call.need(0), call.need(1)
    if x.type.rank == volumes.RANK:
        return volumes.conv(call)
    image = _images(call, x)
    kernel = _kernel(call, w.type.shape, x.type.rank)
    window = _with_same_pads(_window(call, image, kernel, x.type.rank), image)
    weights = call.reshape(w, (*w.type.shape[:2], *kernel))
    result = call.emit_single(
        "conv2d",
        image,
        weights,
        call.input(2),
        strides=window.strides,
        pads=window.pads,
        dilations=window.dilations,
        groups=call.int("group", 1),
    )
    return _restored(call, result, x)


def conv_transpose(call: Call) -> Value:
    x, w = call.need(0), call.need(1)
    rank = x.type.rank
    if rank == volumes.RANK:
        return volumes.conv_transpose(call)
    image = _images(call, x)
    window = _window(call, image, _kernel(call, w.type.shape, rank), rank)
    output_pads = call.many("output_padding", None) or (0,) * (rank - 2)
    if len(output_pads) != rank - 2 or min(output_pads) < 0:
        raise ModelFormatError(f"output_padding is {list(output_pads)}, expected {rank - 2} numbers >= 0")
    extra: tuple[Extent, ...] = (0, output_pads[0]) if rank == 3 else tuple(output_pads)
    wanted = call.many("output_shape", None)
    if wanted:
        wanted = (1, *wanted[-1:]) if rank == 3 else tuple(wanted[-2:])
    elif window.auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        wanted = tuple(extent * stride for extent, stride in zip(image.type.shape[2:], window.strides))
    if wanted:
        window.pads, extra = _pads_for(window, image.type.shape[2:], extra, wanted)
    weights = call.reshape(w, (*w.type.shape[:2], *window.kernel))
    result = call.emit_single(
        "conv2d_transpose",
        image,
        weights,
        call.input(2),
        strides=window.strides,
        pads=window.pads,
        output_pads=extra,
        dilations=window.dilations,
        groups=call.int("group", 1),
    )
    return _restored(call, result, x)


def col2im(call: Call) -> Value:
    """Columns of windows added up where they lie in an image: a transposed convolution by ones."""
    x, shape, kernel = call.need(0), call.ints(1, "image_shape"), call.ints(2, "block_shape")
    if len(shape) != 2 or len(kernel) != 2 or x.type.rank != 3:
        raise UnsupportedOpError(f"it makes an image of {len(shape)} axes; 2 are supported",
                                 hint="reshape the data so that it has height and width")  # fmt: skip
    strides, dilations = (call.many(name, (1, 1)) for name in ("strides", "dilations"))
    pads = call.many("pads", (0, 0, 0, 0))
    spans = [(kernel[side] - 1) * dilations[side] + 1 for side in (0, 1)]
    rooms = [shape[side] + pads[side] + pads[side + 2] - spans[side] for side in (0, 1)]
    counts = [rooms[side] // strides[side] + 1 for side in (0, 1)]
    taps = kernel[0] * kernel[1]
    if not isinstance(x.type.shape[1], int) or x.type.shape[1] % taps or x.type.shape[2] != math.prod(counts):
        raise ModelFormatError(f"the columns are {x.type}, expected {math.prod(counts)} windows of {taps}")
    channels = x.type.shape[1] // taps
    weights = np.tile(np.eye(taps).reshape(taps, 1, *kernel), (channels, 1, 1, 1))
    return call.emit(
        "conv2d_transpose",
        call.reshape(x, (x.type.shape[0], x.type.shape[1], *counts)),
        call.constant(weights, x.type.dtype),
        strides=strides,
        pads=pads,
        output_pads=tuple(rooms[side] % strides[side] for side in (0, 1)),
        dilations=dilations,
        groups=channels,
    )


def _pads_for(
    window: Window, extents: tuple[Extent, ...], extra: tuple[Extent, ...], wanted: tuple[Extent, ...]
) -> tuple[tuple[Extent, Extent, Extent, Extent], tuple[Extent, ...]]:
    """Pads and output pads of a transposed convolution with which the output has the wanted extents."""
    before, after, behind = [], [], []
    for side in range(2):
        reach = (window.kernel[side] - 1) * window.dilations[side] + 1
        total = (extents[side] - 1) * window.strides[side] + extra[side] + reach - wanted[side]
        behind.append(extra[side] + maximum(total * -1, 0))
        total = maximum(total, 0)
        small = total // 2
        upper = window.auto_pad == "SAME_UPPER"
        before.append(small if upper else total - small)
        after.append(total - small if upper else small)
    return (before[0], before[1], after[0], after[1]), tuple(behind)


def _pool(call: Call, kind: str) -> Value:
    x = call.need(0)
    if x.type.rank == volumes.RANK:
        included = kind == "average" and bool(call.int("count_include_pad", 0))
        return volumes.pool(call, x, kind, count_include_pad=included)
    image, window = _pool_window(call, x)
    result = call.emit(
        "pool2d",
        image,
        kind=kind,
        kernel=window.kernel,
        strides=window.strides,
        pads=window.pads,
        dilations=window.dilations,
        ceil_mode=bool(call.int("ceil_mode", 0)) and not window.auto_pad.startswith("SAME"),
        count_include_pad=kind == "average" and bool(call.int("count_include_pad", 0)),
    )
    return _restored(call, result, x)


def _pool_window(call: Call, x: Value) -> tuple[Value, Window]:
    """The images that are pooled, and how."""
    rank = x.type.rank
    image = _images(call, x)
    if not call.has("kernel_shape"):
        raise ModelFormatError("attribute 'kernel_shape' is missing")
    kernel = _pair(call, "kernel_shape", 1, rank)
    return image, _with_same_pads(_window(call, image, kernel, rank), image)


def average_pool(call: Call) -> Value:
    return _pool(call, "average")


def max_pool(call: Call) -> tuple[Value, ...]:
    x, y = call.need(0), _pool(call, "max")
    if call.outputs < 2 or not call.node.output[1]:
        return (y,)
    image, window = _pool_window(call, x)
    places = unpooling.places_of_maxima(
        call, image, y.type.shape[2:], window.kernel, window.strides, window.dilations, window.pads[:2]
    )
    return y, _restored(call, places, x)


def lp_pool(call: Call) -> Value:
    """(sum of |x|^p over the window)^(1/p), by the mean over the window times its extent."""
    x = call.need(0)
    rank = x.type.rank
    power = call.int("p", 2)
    if rank == volumes.RANK and not call.int("ceil_mode", 0):
        mean = volumes.pool(call, _powered(call, x, power), "average", count_include_pad=True)
        count = call.like(math.prod(call.many("kernel_shape")), mean)
        return _root(call, call.emit("mul", mean, count), power)
    image = _images(call, _powered(call, x, power))
    window = _with_same_pads(_window(call, image, _pair(call, "kernel_shape", 1, rank), rank), image)
    if call.int("ceil_mode", 0) and not window.auto_pad.startswith("SAME"):
        window.pads = _pads_to_ceil(window, image.type.shape[2:])
    mean = call.emit(
        "pool2d",
        image,
        kind="average",
        kernel=window.kernel,
        strides=window.strides,
        pads=window.pads,
        dilations=window.dilations,
        count_include_pad=True,
    )
    total = call.emit("mul", mean, call.like(window.kernel[0] * window.kernel[1], mean))
    return _restored(call, _root(call, total, power), x)


def _pads_to_ceil(window: Window, extents: tuple[Extent, ...]) -> tuple[Extent, Extent, Extent, Extent]:
    """Pads with which a count of windows that is rounded down is the one rounded up without."""
    after = []
    for side in range(2):
        reach = (window.kernel[side] - 1) * window.dilations[side] + 1
        room = extents[side] + window.pads[side] + window.pads[side + 2] - reach
        missing = ceil_div(room, window.strides[side]) * window.strides[side] - room
        after.append(window.pads[side + 2] + missing)
    return window.pads[0], window.pads[1], after[0], after[1]


def _powered(call: Call, x: Value, power: int) -> Value:
    if power < 1:
        raise ModelFormatError(f"p is {power}, expected >= 1")
    if power == 2:
        return call.emit("mul", x, x)
    size = call.emit("abs", x)
    return size if power == 1 else call.emit("pow", size, call.like(power, x))


def _root(call: Call, total: Value, power: int) -> Value:
    if power == 1:
        return total
    return call.emit("sqrt", total) if power == 2 else call.emit("pow", total, call.like(1.0 / power, total))


def _spatial_axes(x: Value) -> tuple[int, ...]:
    if x.type.rank < 3:
        raise ModelFormatError(f"the input is {x.type}, expected at least one spatial axis")
    return tuple(range(2, x.type.rank))


def global_pool(call: Call) -> Value:
    op = "reduce_mean" if call.op == "GlobalAveragePool" else "reduce_max"
    x = call.need(0)
    return call.emit(op, x, axes=_spatial_axes(x), keepdims=True)


def global_lp_pool(call: Call) -> Value:
    x, power = call.need(0), call.int("p", 2)
    total = call.emit("reduce_sum", _powered(call, x, power), axes=_spatial_axes(x), keepdims=True)
    return _root(call, total, power)


def lp_normalization(call: Call) -> Value:
    """x / (sum of |x|^p)^(1/p) along an axis; 0 where that is 0."""
    x, power = call.need(0), call.int("p", 2)
    axis = axis_of(call.int("axis", -1), x.type.rank)
    norm = _root(call, call.emit("reduce_sum", _powered(call, x, power), axes=(axis,), keepdims=True), power)
    safe = call.emit("where", call.emit("equal", norm, call.like(0, x)), call.like(1, x), norm)
    return call.emit("div", x, safe)


RULES = {
    "Col2Im": col2im,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "LpPool": lp_pool,
    "GlobalAveragePool": global_pool,
    "GlobalMaxPool": global_pool,
    "GlobalLpPool": global_lp_pool,
    "LpNormalization": lp_normalization,
}
