# SPDX-License-Identifier: Apache-2.0
"""Conv and pools with three spatial axes against onnxruntime, and what is refused of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tiny
from onnx import helper

from lite.errors import ModelFormatError, UnsupportedOpError

RANDOM = np.random.default_rng(6)
X = RANDOM.standard_normal((2, 4, 6, 7, 8)).astype(np.float32)
W = RANDOM.standard_normal((6, 4, 3, 2, 3)).astype(np.float32)
GROUPED = RANDOM.standard_normal((6, 2, 3, 2, 3)).astype(np.float32)


def made(op: str, w: np.ndarray | None = None, **attributes: Any) -> Any:
    constants = {} if w is None else {"w": w, "b": RANDOM.standard_normal(len(w)).astype(np.float32)}
    node = helper.make_node(op, ["x", *constants], ["y"], **attributes)
    return tiny.model([node], {"x": X}, constants=constants, opset=19)


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"strides": [2, 1, 3], "pads": [1, 0, 2, 0, 1, 1]},
        {"dilations": [2, 3, 1]},
        {"auto_pad": "SAME_UPPER", "strides": [2, 2, 2]},
        {"auto_pad": "SAME_LOWER", "strides": [1, 2, 3]},
    ],
)
def test_conv(attributes: dict[str, Any], native: bool) -> None:
    tiny.agree(made("Conv", W, **attributes), {"x": X}, native=native)
    tiny.agree(made("Conv", GROUPED, group=2, **attributes), {"x": X}, native=native)


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"strides": [2, 1, 3], "pads": [1, 0, 2, 0, 1, 1], "output_padding": [1, 0, 2]},
        {"dilations": [2, 3, 1], "group": 2},
    ],
)
def test_conv_transpose(attributes: dict[str, Any], native: bool) -> None:
    w = RANDOM.standard_normal((4, 3, 3, 2, 3)).astype(np.float32)
    held = {"w": w, "b": RANDOM.standard_normal(3 * attributes.get("group", 1)).astype(np.float32)}
    node = helper.make_node("ConvTranspose", ["x", "w", "b"], ["y"], **attributes)
    tiny.agree(tiny.model([node], {"x": X}, constants=held), {"x": X}, native=native)


def test_pads_from_the_output_are_refused() -> None:
    with pytest.raises(UnsupportedOpError, match="pads that follow"):
        tiny.load(made("ConvTranspose", W[:4], auto_pad="SAME_UPPER"))


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize(
    "attributes",
    [
        {"strides": [2, 1, 3], "pads": [1, 0, 1, 0, 1, 1]},
        {"strides": [2, 2, 2], "ceil_mode": 1},
        {"auto_pad": "SAME_UPPER", "strides": [2, 2, 2]},
    ],
)
def test_pools(op: str, attributes: dict[str, Any], native: bool) -> None:
    tiny.agree(made(op, kernel_shape=[3, 2, 3], **attributes), {"x": X}, native=native)


def test_padding_that_counts() -> None:
    pool = made("AveragePool", kernel_shape=[3, 2, 3], pads=[1, 1, 1, 0, 0, 1], count_include_pad=1)
    tiny.agree(pool, {"x": X})


def test_lp_pool() -> None:
    tiny.agree(made("LpPool", kernel_shape=[2, 2, 2], p=3), {"x": X})


def test_open_depth_is_refused_for_conv() -> None:
    with pytest.raises(UnsupportedOpError, match="depth"):
        tiny.load(tiny.opened(made("Conv", W), {"x": (None, None, "depth", None, None)}))


def test_open_extents_of_pools_stay_open() -> None:
    pool = tiny.with_output_types(made("MaxPool", kernel_shape=[3, 2, 3]))
    open_ = tiny.opened(pool, {"x": ("n", None, "depth", "height", None)})
    tiny.agree(open_, {"x": X})


@pytest.mark.parametrize("wrong", [{"strides": [1, 1]}, {"pads": [1, 1, 1]}, {"dilations": [1, 0, 1]}])
def test_attributes_that_do_not_fit(wrong: dict[str, Any]) -> None:
    with pytest.raises(ModelFormatError, match="expected"):
        tiny.load(made("Conv", W, **wrong))


def test_a_window_deeper_than_the_volume() -> None:
    with pytest.raises(ModelFormatError, match="does not fit"):
        tiny.load(made("Conv", W, dilations=[4, 1, 1]))
