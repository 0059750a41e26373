# SPDX-License-Identifier: Apache-2.0
"""Resizing, and blocks of pixels that become channels or batches."""

from __future__ import annotations

from lite.errors import ModelFormatError
from lite.importers import _moves
from lite.importers.tflite.call import Call
from lite.ir import Extent, Value


def _size(call: Call) -> tuple[Extent, ...]:
    """Height and width."""
    size = call.extents(1, "size")
    if len(size) != 2:
        raise ModelFormatError(f"the size is {list(size)}, expected height and width")
    return size


def _aligned_by(options: object) -> str:
    aligned, half = (bool(getattr(options, name)) for name in ("align_corners", "half_pixel_centers"))
    if aligned and half:
        raise ModelFormatError("it aligns corners and takes the centres of pixels: only one can be")
    return "align_corners" if aligned else "half_pixel" if half else "asymmetric"


def resize_bilinear(call: Call) -> Value:
    x = call.image(0)
    return call.emit("resize", x, size=_size(call), mode="linear", coordinates=_aligned_by(call.options),
                     layout="nhwc")


def resize_nearest_neighbor(call: Call) -> Value:
    x = call.moved_image(0)
    coordinates = _aligned_by(call.options)
    coordinates = "tf_half_pixel_for_nn" if coordinates == "half_pixel" else coordinates
    nearest = "round_prefer_ceil" if coordinates == "align_corners" else "floor"
    return call.emit("resize", x, size=_size(call), coordinates=coordinates, nearest=nearest, layout="nhwc")


def space_to_depth(call: Call) -> Value:
    return call.emit("space_to_depth", call.moved_image(0), block=int(call.options.block_size), layout="nhwc")


def depth_to_space(call: Call) -> Value:
    return call.emit("depth_to_space", call.moved_image(0), block=int(call.options.block_size), layout="nhwc")


def space_to_batch_nd(call: Call) -> Value:
    """Each place in a block becomes an image of its own, in front of those of the batch."""
    blocks, paddings = call.ints(1, "block shape"), call.extents(2, "paddings")
    return _moves.space_to_batch(call, call.need(0), blocks, paddings)


def batch_to_space_nd(call: Call) -> Value:
    """The inverse, and crops."""
    blocks, crops = call.ints(1, "block shape"), call.extents(2, "crops")
    return _moves.batch_to_space(call, call.moved(0), blocks, crops)


RULES = {
    "BATCH_TO_SPACE_ND": batch_to_space_nd, "DEPTH_TO_SPACE": depth_to_space,
    "RESIZE_BILINEAR": resize_bilinear, "RESIZE_NEAREST_NEIGHBOR": resize_nearest_neighbor,
    "SPACE_TO_BATCH_ND": space_to_batch_nd, "SPACE_TO_DEPTH": space_to_depth,
}  # fmt: skip
