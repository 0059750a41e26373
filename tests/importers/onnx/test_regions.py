# SPDX-License-Identifier: Apache-2.0
"""RoiAlign and Col2Im against onnxruntime: regions of images, and images of windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tiny
from onnx import helper

from lite.errors import ModelFormatError, UnsupportedOpError

RANDOM = np.random.default_rng(8)
IMAGES = RANDOM.standard_normal((2, 3, 9, 11)).astype(np.float32)
BOXES = np.array([[0, 0, 8, 8], [2.5, 1.25, 7, 3], [-6, -3, 30, 5], [4, 4, 4, 4], [9, 7, 12, 12]], np.float32)
COLUMNS = RANDOM.standard_normal((2, 3 * 6, 20)).astype(np.float32)


def aligned(opset: int = 16, **attributes: Any) -> Any:
    node = helper.make_node("RoiAlign", ["x", "boxes", "images"], ["y"], **attributes)
    held = {"boxes": BOXES, "images": np.array([0, 1, 1, 0, 1], np.int64)}
    return tiny.model([node], {"x": IMAGES}, constants=held, opset=opset)


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("opset", [10, 16])
@pytest.mark.parametrize(
    "attributes",
    [
        {"output_height": 3, "output_width": 4, "sampling_ratio": 2},
        {"output_height": 2, "output_width": 1, "sampling_ratio": 3, "spatial_scale": 0.5},
        {"sampling_ratio": 1},
    ],
)
def test_roi_align(attributes: dict[str, Any], opset: int, native: bool) -> None:
    tiny.agree(aligned(opset, **attributes), {"x": IMAGES}, native=native)


def test_coordinates_of_older_models_are_kept() -> None:
    model = aligned(sampling_ratio=2, coordinate_transformation_mode="output_half_pixel", output_height=2)
    tiny.agree(model, {"x": IMAGES})


def test_samples_that_depend_on_the_boxes_are_refused() -> None:
    with pytest.raises(UnsupportedOpError, match="sizes of the boxes"):
        tiny.load(aligned())


def test_open_extents_are_refused() -> None:
    with pytest.raises(UnsupportedOpError, match="open extents"):
        tiny.load(tiny.opened(aligned(sampling_ratio=1), {"x": (None, None, "height", None)}))


def columns(shape: list[int], block: list[int], **attributes: Any) -> Any:
    node = helper.make_node("Col2Im", ["x", "shape", "block"], ["y"], **attributes)
    held = {"shape": np.array(shape, np.int64), "block": np.array(block, np.int64)}
    return tiny.model([node], {"x": COLUMNS}, constants=held, opset=18)


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize(
    ("shape", "attributes"),
    [
        ([5, 7], {}),
        ([9, 12], {"strides": [2, 2]}),
        ([4, 6], {"pads": [1, 0, 0, 1]}),
        ([6, 9], {"dilations": [2, 2]}),
    ],
)
def test_col2im(shape: list[int], attributes: dict[str, Any], native: bool) -> None:
    tiny.agree(columns(shape, [2, 3], **attributes), {"x": COLUMNS}, native=native)


def test_columns_that_do_not_fit() -> None:
    with pytest.raises(ModelFormatError, match="expected 24 windows of 6"):
        tiny.load(columns([7, 6], [2, 3]))


def deformed(mask: bool, **attributes: Any) -> tuple[Any, dict[str, np.ndarray]]:
    x, offset = IMAGES[:, :2], (RANDOM.standard_normal((2, 2 * 6 * 2, 8, 5)) * 3).astype(np.float32)
    feeds = {"x": np.ascontiguousarray(x), "offset": offset}
    if mask:
        feeds["mask"] = RANDOM.uniform(0, 1, (2, 2 * 6, 8, 5)).astype(np.float32)
    held = {"w": RANDOM.standard_normal((4, 1, 2, 3)).astype(np.float32), "b": np.ones(4, np.float32)}
    names = ["x", "w", "offset", "b" if mask else "", "mask" if mask else ""]
    node = helper.make_node("DeformConv", names, ["y"], group=2, offset_group=2, pads=[0, 1, 1, 0],
                            strides=[1, 2], dilations=[2, 1], **attributes)  # fmt: skip
    return tiny.model([node], feeds, constants=held, opset=19), feeds


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("mask", [False, True])
def test_deform_conv(mask: bool, native: bool) -> None:
    made, feeds = deformed(mask)
    tiny.agree(made, feeds, native=native)


def test_deform_conv_whose_groups_do_not_fit_is_refused() -> None:
    made, _ = deformed(False)
    next(item for item in made.graph.node[0].attribute if item.name == "offset_group").i = 3
    with pytest.raises(ModelFormatError, match="do not fit"):
        tiny.load(made)
