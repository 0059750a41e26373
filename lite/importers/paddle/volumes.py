# SPDX-License-Identifier: Apache-2.0
"""Paddle's convolutions and poolings of three spatial axes."""

from __future__ import annotations

from collections.abc import Callable

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers import _volumes
from lite.importers._building import same_pads
from lite.importers._volumes import Window
from lite.importers.paddle.call import Call
from lite.ir import Value

_KINDS = {"max": "max", "avg": "average"}
_FIRST, _LAST = (0, 4, 1, 2, 3), (0, 2, 3, 4, 1)  # channels to the first place behind the batch, and back


def _in_order(slot: str, rule: Callable[[Call, Value], Value]) -> Callable[[Call], Value]:
    """A rule on volumes whose channels come first."""

    def ordered(call: Call) -> Value:
        x = call.input(slot)
        if x.type.rank != _volumes.RANK:
            raise ModelFormatError(f"the input is {x.type}, expected 5 axes")
        if call.text("data_format", "NCDHW") != "NDHWC":
            return rule(call, x)
        return call.transpose(rule(call, call.transpose(x, _FIRST)), _LAST)

    return ordered


def _triple(call: Call, name: str) -> tuple[int, int, int]:
    found = call.integers(name, (1, 1, 1))
    if len(found) not in (1, 3) or min(found) < 1:
        raise ModelFormatError(f"attribute {name!r} is {list(found)}, expected 3 numbers >= 1")
    return found[0], found[len(found) // 2], found[-1]


def _window(call: Call, x: Value, kernel: tuple[int, int, int], dilations: tuple[int, int, int]) -> Window:
    strides, algorithm = _triple(call, "strides"), call.text("padding_algorithm", "EXPLICIT")
    ceil_mode = call.flag("ceil_mode", False)
    if algorithm == "SAME":  # Paddle's has no dilations
        sides = [same_pads(*side) for side in zip(x.type.shape[2:], kernel, strides)]
        before, after = (tuple(side[end] for side in sides) for end in (0, 1))
        return Window(kernel, strides, (1, 1, 1), before, after, ceil_mode)
    pads = (0, 0, 0) if algorithm == "VALID" else call.integers("paddings", (0, 0, 0))
    if len(pads) not in (3, 6):
        raise ModelFormatError(f"attribute 'paddings' is {list(pads)}, expected 3 or 6 numbers")
    before, after = (pads, pads) if len(pads) == 3 else (pads[::2], pads[1::2])
    return Window(kernel, strides, dilations, before, after, ceil_mode)


def _conv(call: Call, x: Value) -> Value:
    w = call.input("Filter")
    window = _window(call, x, _volumes.kernel_of(w), _triple(call, "dilations"))
    return _volumes.conv(call, x, w, None, window, call.integer("groups", 1))


def _conv_transpose(call: Call, x: Value) -> Value:
    w = call.input("Filter")
    if call.integers("output_size", ()):
        raise UnsupportedOpError("its output_size is not supported in volumes", hint="use output_padding")
    window = _window(call, x, _volumes.kernel_of(w), _triple(call, "dilations"))
    extra = call.integers("output_padding", ()) or (0, 0, 0)
    if len(extra) != 3:
        raise ModelFormatError(f"attribute 'output_padding' is {list(extra)}, expected 3 numbers")
    return _volumes.conv_transpose(call, x, w, None, window, extra, call.integer("groups", 1))


def _pool(call: Call, x: Value) -> Value:
    kind = _KINDS.get(call.text("pooling_type", "max"))
    if kind is None:
        raise ModelFormatError(f"pooling_type is {call.text('pooling_type')!r}, expected max or avg")
    kernel, adaptive = _triple(call, "ksize"), call.flag("adaptive", False)
    if call.flag("global_pooling", False) or (adaptive and kernel == (1, 1, 1)):
        return call.add("reduce_max" if kind == "max" else "reduce_mean", x, axes=(2, 3, 4), keepdims=True)
    window = _even_window(x, kernel) if adaptive else _window(call, x, kernel, (1, 1, 1))
    inclusive = kind == "average" and not call.flag("exclusive", True)
    padded = any((*window.before, *window.after))
    if window.ceil_mode and kind == "average" and (inclusive or padded):
        raise UnsupportedOpError("averages over padding with ceil_mode are not supported in volumes",
                                 hint="export the model without ceil_mode")  # fmt: skip
    return _volumes.pool(call, x, window, kind, count_include_pad=inclusive)


def _even_window(x: Value, counts: tuple[int, int, int]) -> Window:
    """The windows that make that many, where they do so evenly."""
    sizes = [extent // count for extent, count in zip(x.type.shape[2:], counts)
             if isinstance(extent, int) and extent % count == 0]  # fmt: skip
    if len(sizes) < 3:
        raise UnsupportedOpError(f"windows of {x.type} that make {list(counts)} would differ in size",
                                 hint="only extents that are multiples are supported")  # fmt: skip
    return Window(tuple(sizes), tuple(sizes), (1, 1, 1), (0, 0, 0), (0, 0, 0))


RULES = {
    "conv3d": _in_order("Input", _conv), "conv3d_transpose": _in_order("Input", _conv_transpose),
    "pool3d": _in_order("X", _pool),
}  # fmt: skip
