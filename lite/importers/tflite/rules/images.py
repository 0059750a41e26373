# SPDX-License-Identifier: Apache-2.0
"""Resizing, and blocks of pixels that become channels or batches."""

from __future__ import annotations

import math

from lite.errors import ModelFormatError
from lite.importers.tflite.call import Call
from lite.ir import Extent, Value
from lite.ir.dim import floor_div


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


def _blocks(call: Call, x: Value, what: str) -> tuple[list[int], list[Extent], list[Extent]]:
    """Extents of a block, and what is padded or cropped before and after each of these axes."""
    blocks, sides = list(call.ints(1, "block shape")), call.extents(2, what)
    if not 0 < len(blocks) < x.type.rank or len(sides) != 2 * len(blocks) or min(blocks) < 1:
        raise ModelFormatError(f"the block shape is {blocks} and its {what} are {list(sides)} for {x.type}")
    return blocks, list(sides[::2]), list(sides[1::2])


def space_to_batch_nd(call: Call) -> Value:
    """Each place in a block becomes an image of its own, in front of those of the batch."""
    x = call.need(0)
    blocks, before, after = _blocks(call, x, "paddings")
    rest = x.type.shape[1 + len(blocks):]
    if any(extent != 0 for extent in (*before, *after)):
        none: list[Extent] = [0] * len(rest)
        x = call.emit("pad", x, before=(0, *before, *none), after=(0, *after, *none))
    batch, *spatial = x.type.shape[:1 + len(blocks)]
    if any(isinstance(extent, int) and extent % block for extent, block in zip(spatial, blocks)):
        raise ModelFormatError(f"blocks of {blocks} do not divide the padded {x.type}")
    counts = [floor_div(extent, block) for extent, block in zip(spatial, blocks)]
    pairs = [item for pair in zip(counts, blocks) for item in pair]
    split = call.reshape(x, (batch, *pairs, *rest))
    inner = range(2, 2 + 2 * len(blocks), 2)
    outer = range(1, 1 + 2 * len(blocks), 2)
    moved = call.emit("transpose", split, perm=(*inner, 0, *outer, *_behind(split, len(blocks))))
    return call.reshape(moved, (batch * math.prod(blocks), *counts, *rest))


def batch_to_space_nd(call: Call) -> Value:
    """The inverse, and crops."""
    x = call.moved(0)
    blocks, before, after = _blocks(call, x, "crops")
    batch, *spatial = x.type.shape[:1 + len(blocks)]
    rest = x.type.shape[1 + len(blocks):]
    images = floor_div(batch, math.prod(blocks))
    split = call.reshape(x, (*blocks, images, *spatial, *rest))
    count = len(blocks)
    pairs = [axis for place in range(count) for axis in (count + 1 + place, place)]
    moved = call.emit("transpose", split, perm=(count, *pairs, *_behind(split, count)))
    y = call.reshape(moved, (images, *(extent * block for extent, block in zip(spatial, blocks)), *rest))
    if all(extent == 0 for extent in (*before, *after)):
        return y
    axes = tuple(range(1, 1 + count))
    sizes = tuple(y.type.shape[axis] - before[axis - 1] - after[axis - 1] for axis in axes)
    return call.emit("slice", y, axes=axes, starts=tuple(before), sizes=sizes, steps=(1,) * count)


def _behind(split: Value, blocks: int) -> range:
    """Axes behind those that blocks divide."""
    return range(1 + 2 * blocks, split.type.rank)


RULES = {
    "BATCH_TO_SPACE_ND": batch_to_space_nd, "DEPTH_TO_SPACE": depth_to_space,
    "RESIZE_BILINEAR": resize_bilinear, "RESIZE_NEAREST_NEIGHBOR": resize_nearest_neighbor,
    "SPACE_TO_BATCH_ND": space_to_batch_nd, "SPACE_TO_DEPTH": space_to_depth,
}  # fmt: skip
