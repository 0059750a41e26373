# SPDX-License-Identifier: Apache-2.0
"""GridSample, DeformConv and RoiAlign: samples between the elements of images."""

from __future__ import annotations

from lite.errors import ModelFormatError
from lite.importers import _sampling
from lite.importers._deform import Windows, deform_conv
from lite.importers._regions import Regions, roi_align
from lite.importers.onnx.call import Call
from lite.ir import Value

MODES = {"nearest": "nearest", "bilinear": "linear", "linear": "linear", "bicubic": "cubic", "cubic": "cubic"}


def grid_sample(call: Call) -> Value:
    mode = call.text("mode", "linear")
    if mode not in MODES:
        raise ModelFormatError(f"mode is {mode!r}, expected one of {', '.join(MODES)}")
    padding, aligned = call.text("padding_mode", "zeros"), bool(call.int("align_corners", 0))
    return _sampling.grid_sample(call, call.need(0), call.need(1), MODES[mode], padding, aligned=aligned)


def deform(call: Call) -> Value:
    windows = Windows(strides=call.many("strides", None) or (1, 1), pads=call.many("pads", None) or (0,) * 4,
                      dilations=call.many("dilations", None) or (1, 1), groups=call.int("group", 1),
                      offset_groups=call.int("offset_group", 1))  # fmt: skip
    x, w, offset = (call.need(position) for position in range(3))
    return deform_conv(call, x, w, offset, call.input(4), call.input(3), windows)


def regions(call: Call) -> Value:
    usual = "half_pixel" if call.opset >= 16 else "output_half_pixel"
    mode = call.text("mode", "avg")
    if mode not in ("avg", "max"):
        raise ModelFormatError(f"mode is {mode!r}, expected avg or max")
    halved = call.text("coordinate_transformation_mode", usual) == "half_pixel"
    given = Regions((call.int("output_height", 1), call.int("output_width", 1)),
                    call.int("sampling_ratio", 0), call.float("spatial_scale", 1.0), halved)  # fmt: skip
    x, boxes, images = (call.need(position) for position in range(3))
    return roi_align(call, x, boxes, images, given, greatest=mode == "max")


RULES = {"DeformConv": deform, "GridSample": grid_sample, "RoiAlign": regions}
