# SPDX-License-Identifier: Apache-2.0
"""Resizing, and blocks of pixels that become channels or batches."""

from __future__ import annotations

from lite.errors import ModelFormatError
from lite.importers import _moves
from lite.importers.tensorflow.call import Call
from lite.importers.tensorflow.rules.windows import dilated
from lite.ir import DType, Extent, Value

_CONVOLUTIONS = frozenset({"Conv2D", "DepthwiseConv2dNative"})


def _size(call: Call) -> tuple[Extent, ...]:
    """Height and width."""
    size = call.extents(1, "size")
    if len(size) != 2:
        raise ModelFormatError(f"the size is {list(size)}, expected height and width")
    return size


def _aligned_by(call: Call) -> str:
    aligned, half = call.flag("align_corners"), call.flag("half_pixel_centers")
    if aligned and half:
        raise ModelFormatError("it aligns corners and takes the centres of pixels: only one can be")
    return "align_corners" if aligned else "half_pixel" if half else "asymmetric"


def _real(call: Call) -> Value:
    x = call.image(0)
    return x if x.type.dtype.is_float else call.cast(x, DType.F32)


def resize_bilinear(call: Call) -> Value:
    coordinates = _aligned_by(call)
    return call.emit(
        "resize", _real(call), size=_size(call), mode="linear", coordinates=coordinates, layout="nhwc"
    )


def resize_bicubic(call: Call) -> Value:
    """With centres of pixels the curve is another one, and what lies outside does not count."""
    coordinates = _aligned_by(call)
    half = coordinates == "half_pixel"
    return call.emit(
        "resize",
        _real(call),
        size=_size(call),
        mode="cubic",
        coordinates=coordinates,
        cubic_coeff_a=-0.5 if half else -0.75,
        exclude_outside=half,
        layout="nhwc",
    )


def resize_nearest_neighbor(call: Call) -> Value:
    coordinates = _aligned_by(call)
    coordinates = "tf_half_pixel_for_nn" if coordinates == "half_pixel" else coordinates
    nearest = "round_prefer_ceil" if coordinates == "align_corners" else "floor"
    return call.emit(
        "resize", call.image(0), size=_size(call), coordinates=coordinates, nearest=nearest, layout="nhwc"
    )


def space_to_depth(call: Call) -> Value:
    return call.emit("space_to_depth", call.image(0), block=call.int("block_size"), layout=call.layout)


def depth_to_space(call: Call) -> Value:
    return call.emit("depth_to_space", call.image(0), block=call.int("block_size"), layout=call.layout)


def space_to_batch_nd(call: Call) -> Value:
    blocks, paddings = call.ints(1, "block shape"), call.extents(2, "paddings")
    return _moves.space_to_batch(call, call.need(0), blocks, paddings)


def batch_to_space_nd(call: Call) -> Value:
    """Where a convolution lies between this and its inverse, all three are one with dilation."""
    blocks = call.ints(1, "block shape")
    layer = call.maker(0)
    first = layer.maker(0) if layer is not None and layer.op in _CONVOLUTIONS else None
    if layer is not None and first is not None and first.op == "SpaceToBatchND":
        found = dilated(first, layer, call.ints(2, "crops"), blocks)
        if found is not None:
            return found
    return _moves.batch_to_space(call, call.need(0), blocks, call.extents(2, "crops"))


RULES = {
    "BatchToSpaceND": batch_to_space_nd, "DepthToSpace": depth_to_space, "ResizeBicubic": resize_bicubic,
    "ResizeBilinear": resize_bilinear, "ResizeNearestNeighbor": resize_nearest_neighbor,
    "SpaceToBatchND": space_to_batch_nd, "SpaceToDepth": space_to_depth,
}  # fmt: skip
