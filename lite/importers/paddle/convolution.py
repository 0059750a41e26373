# SPDX-License-Identifier: Apache-2.0
"""Paddle's convolutions and poolings of two spatial axes."""

from __future__ import annotations

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers._building import same_pads
from lite.importers.paddle.call import Call
from lite.ir import Extent, Value
from lite.ir.dim import ceil_div

_FIX = "fix the input's height and width: --input_shape name:1,3,224,224"


def _pair(call: Call, name: str, default: int = 1) -> tuple[int, int]:
    found = call.integers(name, (default, default))
    if len(found) not in (1, 2):
        raise ModelFormatError(
            f"attribute {name!r} is {list(found)}, expected one for height and one for width"
        )
    return found[0], found[-1]


def _pads(
    call: Call, extents: tuple[Extent, ...], kernel: tuple[int, int], strides: tuple[int, int]
) -> tuple[int, int, int, int]:
    """(top, left, bottom, right), from the padding algorithm or the attribute (top, bottom, left, right)."""
    algorithm = call.text("padding_algorithm", "EXPLICIT")
    if algorithm == "VALID":
        return 0, 0, 0, 0
    if algorithm == "SAME":
        (top, bottom), (left, right) = (same_pads(*side) for side in zip(extents, kernel, strides))
        return _static_pads(top, left, bottom, right)
    pads = call.integers("paddings", (0, 0))
    if len(pads) == 2:
        return pads[0], pads[1], pads[0], pads[1]
    if len(pads) != 4:
        raise ModelFormatError(f"attribute 'paddings' is {list(pads)}, expected 2 or 4 numbers")
    return pads[0], pads[2], pads[1], pads[3]


def _static_pads(*pads: Extent) -> tuple[int, int, int, int]:
    if not all(isinstance(pad, int) for pad in pads):
        raise UnsupportedOpError(f"SAME padding {list(pads)} depends on the size of the input", hint=_FIX)
    top, left, bottom, right = (int(pad) for pad in pads)
    return top, left, bottom, right


def _check_4d(x: Value) -> None:
    if x.type.rank != 4:
        raise UnsupportedOpError(f"the input has shape {x.type}, and only 4-D inputs are supported")


def _bias(call: Call, y: Value) -> Value:
    """The result plus the op's own bias of one number a channel."""
    bias = call.optional("Bias")
    return y if bias is None else call.add("add", y, call.reshape(bias, (bias.type.count, 1, 1)))


def _no_fused_activation(call: Call) -> None:
    for name in ("fuse_activation", "activation"):
        if call.text(name, ""):
            raise UnsupportedOpError(
                f"the activation {call.text(name, '')!r} was fused into it by Paddle's optimiser",
                hint="give the model as it was before Paddle's inference passes",
            )


def _conv2d(call: Call) -> Value:
    _no_fused_activation(call)
    x, w = call.to_nchw(call.input("Input")), call.input("Filter")
    _check_4d(x)
    _check_4d(w)
    strides, dilations = _pair(call, "strides"), _pair(call, "dilations")
    kernel = _kernel(w)
    pads = _pads(call, x.type.shape[2:], kernel, strides)
    if call.text("padding_algorithm", "EXPLICIT") == "SAME":
        dilations = (1, 1)  # Paddle's SAME does so
    bias = call.optional("Bias")
    if bias is not None:
        bias = call.reshape(bias, (bias.type.count,))
    y = call.add(
        "conv2d",
        x,
        w,
        bias,
        strides=strides,
        pads=pads,
        dilations=dilations,
        groups=call.integer("groups", 1),
    )
    residual = call.optional("ResidualData")
    return call.from_nchw(y if residual is None else call.add("add", y, call.to_nchw(residual)))


def _kernel(w: Value) -> tuple[int, int]:
    height, width = w.type.shape[2:]
    if not (isinstance(height, int) and isinstance(width, int)):
        raise UnsupportedOpError(f"the filter's shape {w.type} is known only when running")
    return height, width


def _conv2d_transpose(call: Call) -> Value:
    _no_fused_activation(call)
    x, w = call.to_nchw(call.input("Input")), call.input("Filter")
    _check_4d(x)
    _check_4d(w)
    strides, dilations = _pair(call, "strides"), _pair(call, "dilations")
    kernel = _kernel(w)
    pads = _pads(call, x.type.shape[2:], kernel, strides)
    if call.text("padding_algorithm", "EXPLICIT") == "SAME":
        dilations = (1, 1)
    output_pads = call.integers("output_padding", ()) or (0, 0)
    size = call.extents(
        "output_size",
        tensor="OutputSizeTensor" if call.optional("OutputSizeTensor") else "",
        tensors="OutputSizeTensorList",
        default=(),
    )
    if size:
        output_pads = _output_pads(x, size, kernel, strides, dilations, pads)
    y = call.add(
        "conv2d_transpose",
        x,
        w,
        strides=strides,
        pads=pads,
        output_pads=tuple(output_pads),
        dilations=dilations,
        groups=call.integer("groups", 1),
    )
    return call.from_nchw(_bias(call, y))


def _output_pads(
    x: Value,
    size: tuple[Extent, ...],
    kernel: tuple[int, int],
    strides: tuple[int, int],
    dilations: tuple[int, int],
    pads: tuple[int, int, int, int],
) -> tuple[int, ...]:
    """What must be added at the end so that the result has the size asked for."""
    if len(size) == 1:
        size = (size[0], size[0])
    extra = []
    for side, wanted in enumerate(size):
        smallest = (x.type.shape[2 + side] - 1) * strides[side] + (kernel[side] - 1) * dilations[side] + 1
        missing = wanted - (smallest - pads[side] - pads[side + 2])
        if not isinstance(missing, int):
            raise UnsupportedOpError(
                f"output size {wanted} is not tied to the input's extent {x.type.shape[2 + side]}", hint=_FIX
            )
        extra.append(missing)
    return tuple(extra)


def _pool2d(call: Call) -> Value:
    x = call.to_nchw(call.input("X"))
    _check_4d(x)
    kind = {"max": "max", "avg": "average"}.get(call.text("pooling_type", "max"))
    if kind is None:
        raise ModelFormatError(f"pooling_type is {call.text('pooling_type')!r}, expected max or avg")
    if call.flag("global_pooling", False):
        return call.from_nchw(_global_pool(call, x, kind))
    if call.flag("adaptive", False):
        return call.from_nchw(_adaptive_pool(call, x, kind))
    return call.from_nchw(_window_pool(call, x, kind))


def _max_pool_with_index(call: Call) -> Value:
    x = call.input("X")
    _check_4d(x)
    if call.flag("global_pooling", False):
        return _global_pool(call, x, "max")
    return _adaptive_pool(call, x, "max") if call.flag("adaptive", False) else _window_pool(call, x, "max")


def _global_pool(call: Call, x: Value, kind: str) -> Value:
    return call.add("reduce_max" if kind == "max" else "reduce_mean", x, axes=(2, 3), keepdims=True)


def _adaptive_pool(call: Call, x: Value, kind: str) -> Value:
    output = call.static_extents("ksize")
    output = (output[0], output[-1])
    if output == (1, 1):
        return _global_pool(call, x, kind)
    height, width = x.type.shape[2:]
    if (
        isinstance(height, int)
        and isinstance(width, int)
        and min(output) > 0
        and height % output[0] == 0
        and width % output[1] == 0
    ):
        kernel = (height // output[0], width // output[1])
        return call.add("pool2d", x, kind=kind, kernel=kernel, strides=kernel)
    return call.add("adaptive_pool2d", x, kind=kind, output=output)


def _window_pool(call: Call, x: Value, kind: str) -> Value:
    kernel, strides, ceil_mode = _pair(call, "ksize"), _pair(call, "strides"), call.flag("ceil_mode", False)
    pads = _pads(call, x.type.shape[2:], kernel, strides)
    inclusive = kind == "average" and not call.flag("exclusive", True)
    if ceil_mode and not (inclusive and call.program.version >= _OVERHANG_IS_NO_PADDING):
        pads, ceil_mode = _pads_for_ceil(x, kernel, strides, pads), False
    return call.add(
        "pool2d",
        x,
        kind=kind,
        kernel=kernel,
        strides=strides,
        pads=pads,
        ceil_mode=ceil_mode,
        count_include_pad=inclusive,
    )


_OVERHANG_IS_NO_PADDING = 2_000_000  # since then an average over padding leaves out what hangs over it


def _pads_for_ceil(
    x: Value, kernel: tuple[int, int], strides: tuple[int, int], pads: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    """Pads that make plain windows of ceil mode: as many as needed, or as may be needed, at the end."""
    ends = []
    for side in (0, 1):
        room = x.type.shape[2 + side] + pads[side] + pads[side + 2] - kernel[side]
        overhang = ceil_div(room, strides[side]) * strides[side] - room
        ends.append(pads[side + 2] + (overhang if isinstance(overhang, int) else strides[side] - 1))
    return pads[0], pads[1], ends[0], ends[1]


RULES = {
    "conv2d": _conv2d, "depthwise_conv2d": _conv2d, "conv2d_fusion": _conv2d,
    "conv2d_transpose": _conv2d_transpose, "depthwise_conv2d_transpose": _conv2d_transpose,
    "max_pool2d_with_index": _max_pool_with_index, "pool2d": _pool2d,
}  # fmt: skip
