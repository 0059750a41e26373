# SPDX-License-Identifier: Apache-2.0
"""Paddle's interpolations of images, versions 1 and 2."""

from __future__ import annotations

import functools
from fractions import Fraction

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers.paddle.call import Call
from lite.ir import Extent, Value
from lite.ir.dim import floor_div


def _interpolate(mode: str, call: Call) -> Value:
    x = call.to_nchw(call.input("X"), "data_layout")
    if x.type.rank != 4:
        raise UnsupportedOpError(f"the input has shape {x.type}, and only 4-D inputs are supported")
    size, scales = _size(call, x)
    coordinates = _coordinates(call, mode)
    if coordinates == "half_pixel":  # of one element: Paddle's ratio is 0 then
        height, width = (_ENDLESS if extent == 1 else scale for extent, scale in zip(size, scales))
        scales = height, width
    y = call.add(
        "resize",
        x,
        size=size,
        mode=mode,
        coordinates=coordinates,
        scales=scales,
        nearest="round_prefer_ceil" if coordinates == "align_corners" else "floor",
    )
    return call.from_nchw(y, "data_layout")


_ENDLESS = 1e30


def _coordinates(call: Call, mode: str) -> str:
    if call.flag("align_corners", True):
        return "align_corners"
    if mode == "nearest" or (mode == "linear" and call.integer("align_mode", 1) == 1):
        return "asymmetric"
    return "pytorch_half_pixel" if mode == "linear" else "half_pixel"


def _size(call: Call, x: Value) -> tuple[tuple[Extent, Extent], tuple[float, float]]:
    """Size of the result, and the scales that its coordinates go by (0: the quotient of the extents)."""
    sizes = call.inputs("SizeTensor")
    if sizes:
        return _two([extent for value in sizes for extent in call.extents_of(value)]), (0.0, 0.0)
    scales = _scales(call)
    by_scale = scales if call.operator.type.endswith("_v2") and scales else (0.0, 0.0)
    explicit = call.optional("OutSize")
    if explicit is not None:
        return _two(list(call.extents_of(explicit))), by_scale
    if scales:
        height, width = x.type.shape[2:]
        return (_scaled(height, scales[0]), _scaled(width, scales[1])), by_scale
    return _two([call.integer("out_h", -1), call.integer("out_w", -1)]), (0.0, 0.0)


def _two(extents: list[Extent]) -> tuple[Extent, Extent]:
    if len(extents) != 2 or any(isinstance(extent, int) and extent < 1 for extent in extents):
        raise ModelFormatError(f"the result's size is {extents}, expected a height and a width")
    return extents[0], extents[1]


def _scales(call: Call) -> tuple[float, float] | None:
    """Scale of height and width, from the tensor or the attribute; None if neither gives any."""
    tensor = call.optional("Scale")
    if tensor is None:
        found = call.numbers("scale", ())
    else:
        array = call.array_of(tensor)
        if array is None:
            raise UnsupportedOpError(f"its scale {tensor.name!r} is known only when running")
        found = tuple(float(scale) for scale in array.reshape(-1))
    if not found or min(found) <= 0:
        return None
    return found[0], found[-1] if len(found) > 1 else found[0]


def _scaled(extent: Extent, scale: float) -> Extent:
    """floor(extent * scale), also for an extent that is a formula."""
    if isinstance(extent, int):
        return int(extent * scale)
    ratio = Fraction(scale).limit_denominator(1 << 12)
    return floor_div(extent * ratio.numerator, ratio.denominator)


RULES = {
    name + version: functools.partial(_interpolate, mode)
    for name, mode in (
        ("nearest_interp", "nearest"),
        ("bilinear_interp", "linear"),
        ("bicubic_interp", "cubic"),
    )
    for version in ("", "_v2")
}
