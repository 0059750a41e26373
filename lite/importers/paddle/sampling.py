# SPDX-License-Identifier: Apache-2.0
"""Paddle's ops that sample between the elements of images: grids, regions, convolutions with moved taps."""

from __future__ import annotations

from lite.errors import ModelFormatError, UnsupportedOpError
from lite.importers import _sampling
from lite.importers._deform import Windows, deform_conv
from lite.importers._regions import Regions, roi_align
from lite.importers.paddle.call import Call
from lite.ir import DType, Value

_MODES = {"bilinear": "linear", "nearest": "nearest"}


def _grid_sampler(call: Call) -> Value:
    mode = call.text("mode", "bilinear")
    if mode not in _MODES:
        raise ModelFormatError(f"mode is {mode!r}, expected bilinear or nearest")
    padding, aligned = call.text("padding_mode", "zeros"), call.flag("align_corners", True)
    return _sampling.grid_sample(call, call.input("X"), call.input("Grid"), _MODES[mode], padding,
                                 aligned=aligned)  # fmt: skip


def _deformable_conv(call: Call) -> Value:
    down, across = _two(call, "paddings")
    windows = Windows(_two(call, "strides"), (down, across, down, across), _two(call, "dilations"),
                      call.integer("groups", 1), call.integer("deformable_groups", 1))  # fmt: skip
    x, w, offset = (call.input(slot) for slot in ("Input", "Filter", "Offset"))
    return deform_conv(call, x, w, offset, call.optional("Mask"), None, windows)


def _two(call: Call, name: str) -> tuple[int, int]:
    found = call.integers(name)
    if len(found) != 2:
        raise ModelFormatError(f"attribute {name!r} is {list(found)}, expected 2 numbers")
    return found[0], found[1]


def _roi_align(call: Call) -> Value:
    counts = call.optional("RoisNum")
    if counts is None:
        raise UnsupportedOpError("its boxes say by levels of detail to which image they belong",
                                 hint="export the model with boxes_num")  # fmt: skip
    regions = Regions((call.integer("pooled_height", 1), call.integer("pooled_width", 1)),
                      call.integer("sampling_ratio", -1), call.number("spatial_scale", 1.0),
                      call.flag("aligned", False))  # fmt: skip
    boxes = call.input("ROIs")
    return roi_align(call, call.input("X"), boxes, _images(call, counts, boxes), regions)


def _images(call: Call, counts: Value, boxes: Value) -> Value:
    """The image of each box, from how many boxes each image has: how many images end before it."""
    ends = call.add("cumsum", call.cast(counts, DType.S64), axis=0)
    numbers = call.add("range", start=0, limit=boxes.type.shape[0], delta=1)
    behind = call.add("greater_equal", call.add("unsqueeze", numbers, axes=(1,)), ends)
    return call.add("reduce_sum", call.cast(behind, DType.S64), axes=(1,), keepdims=False)


RULES = {
    "deformable_conv": _deformable_conv, "deformable_conv_v1": _deformable_conv,
    "grid_sampler": _grid_sampler, "roi_align": _roi_align,
}  # fmt: skip
