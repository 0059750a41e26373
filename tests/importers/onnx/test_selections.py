# SPDX-License-Identifier: Apache-2.0
"""What makes as many rows as it finds, against onnxruntime: rows, and how many of them hold something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lite_backend
import numpy as np
import pytest
import tiny
from onnx import TensorProto, helper

import lite
from lite.errors import ModelFormatError, UnsupportedOpError

RANDOM = np.random.default_rng(10)
FEW = np.where(RANDOM.uniform(size=(2, 3, 4, 5)) < 0.2, RANDOM.standard_normal((2, 3, 4, 5)), 0)
FEW = FEW.astype(np.float32)
REPEATED = RANDOM.integers(-3, 4, 40)
ENGINES = pytest.mark.parametrize("native", [False, True], ids=["reference", "native"])
node = helper.make_node
LOW = RANDOM.uniform(0, 9, (2, 30, 2))
BOXES = np.concatenate([LOW, LOW + RANDOM.uniform(-2, 6, LOW.shape)], 2).astype(np.float32)
SCORES = RANDOM.uniform(0, 1, (2, 3, 30)).astype(np.float32)


def agree(made: Any, feeds: dict[str, np.ndarray], native: bool, **options: Any) -> dict[str, np.ndarray]:
    """Compare what holds something with onnxruntime; all outputs, untrimmed."""
    made = tiny.with_output_types(made)
    found = lite_backend.runner(tiny.load(made, **options), native)(feeds)
    tiny.compare(lite.trimmed(found), tiny.onnxruntime_outputs(made, feeds), 1e-5, 1e-6)
    return found


@ENGINES
@pytest.mark.parametrize("x", [FEW, FEW > 0, FEW[0, 0], FEW.reshape(-1), REPEATED,
                               np.zeros((3, 4), np.float32), np.ones((2, 2), np.int32)])  # fmt: skip
def test_non_zero(x: np.ndarray, native: bool) -> None:
    found = agree(tiny.model([node("NonZero", ["x"], ["y"])], {"x": x}), {"x": x}, native)
    assert found["y"].shape == (x.ndim, x.size) and (found["y"][:, found["y.count.1"] :] == -1).all()


def test_what_is_known_has_its_own_length() -> None:
    made = tiny.model([node("NonZero", ["c"], ["y"])], {"x": FEW}, constants={"c": np.array([0, 2, 3])})
    assert tiny.load(made).outputs[0].type.shape == (1, 2)


def test_an_open_extent_is_bounded_by_itself() -> None:
    made = tiny.opened(tiny.model([node("NonZero", ["x"], ["y"])], {"x": REPEATED}), {"x": ("n",)})
    agree(made, {"x": REPEATED}, native=True)


@ENGINES
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_compress(axis: int | None, native: bool) -> None:
    attributes = {} if axis is None else {"axis": axis}
    for holds in (np.array([True, False, True]), np.zeros(2, bool)):
        made = tiny.model([node("Compress", ["x", "c"], ["y"], **attributes)], {"x": FEW[0, 0], "c": holds})
        agree(made, {"x": FEW[0, 0], "c": holds}, native)


@ENGINES
@pytest.mark.parametrize("ordered", [0, 1])
@pytest.mark.parametrize(("x", "axis"), [(REPEATED.astype(np.float32), None), (REPEATED, 0),
                                         (REPEATED.reshape(5, 8), None), (REPEATED.reshape(20, 2) // 2, 0),
                                         (REPEATED.reshape(2, 20) // 2, 1),
                                         (REPEATED.reshape(2, 10, 2) // 3, -2)])  # fmt: skip
def test_unique(x: np.ndarray, axis: int | None, ordered: int, native: bool) -> None:
    attributes = {"sorted": ordered} | ({} if axis is None else {"axis": axis})
    names = ["y", "first", "inverse", "counts"]
    found = agree(tiny.model([node("Unique", ["x"], names, **attributes)], {"x": x}, names), {"x": x}, native)
    assert found["counts.count.0"] == found["first.count.0"] and "inverse.count.0" not in found


def detector(behind: Sequence[Any] = (), outputs: Sequence[str] = ("rows",), boxes: np.ndarray = BOXES,
             most: int = 5, **attributes: Any) -> Any:  # fmt: skip
    held = {"most": np.array(most), "iou": np.array(0.4, np.float32), "least": np.array(0.6, np.float32),
            "column": np.array([2]), "zero": np.array([0]), "four": np.array([4]), "one": np.array([1])}
    first = node("NonMaxSuppression", ["boxes", "scores", "most", "iou", "least"], ["rows"], **attributes)
    return tiny.model([first, *behind], {"boxes": boxes, "scores": SCORES}, outputs, constants=held)


@ENGINES
@pytest.mark.parametrize("most", [0, 1, 5, 1 << 40])
@pytest.mark.parametrize("centres", [0, 1])
def test_non_max_suppression(most: int, centres: int, native: bool) -> None:
    made = detector(most=most, center_point_box=centres)
    found = agree(made, {"boxes": BOXES, "scores": SCORES}, native)
    assert len(found["rows"]) == 2 * 3 * min(most, 30)
    assert (found["rows"][int(found["rows.count.0"]) :] == -1).all()


BEHIND = [
    node("Gather", ["rows", "column"], ["wide"], axis=1),
    node("Squeeze", ["wide", "one"], ["indices"]),
    node("Squeeze", ["boxes", "zero"], ["places"]),
    node("Gather", ["places", "indices"], ["chosen"], axis=0),
    node("Cast", ["wide"], ["label"], to=TensorProto.FLOAT),
    node("Concat", ["chosen", "label"], ["table"], axis=1),
    node("Slice", ["table", "zero", "four", "zero"], ["y"]),
    node("ReduceMax", ["table"], ["z"], axes=[1], keepdims=0),
    node("Transpose", ["table"], ["w"]),
]


@ENGINES
def test_rows_may_be_looked_up_joined_and_cut(native: bool) -> None:
    held = tiny.numpy_helper.from_array(SCORES[:1], "scores")
    made = detector(BEHIND, ["y", "z", "w"], BOXES[:1])
    del made.graph.input[1]
    made.graph.initializer.append(held)
    found = agree(made, {"boxes": BOXES[:1]}, native)
    assert set(found) == {"y", "z", "w", "y.count.0", "z.count.0", "w.count.1"} and found["y.count.0"] == 4


@pytest.mark.parametrize("mixing", [
    node("ReduceMax", ["rows"], ["y"], axes=[0]),
    node("Softmax", ["rows32"], ["y"], axis=0),
    node("Concat", ["rows", "rows"], ["y"], axis=0),
    node("CumSum", ["rows", "zero0"], ["y"]),
    node("Gather", ["rows", "one"], ["y"], axis=0),
    node("Reshape", ["rows", "flat"], ["y"]),
])  # fmt: skip
def test_what_mixes_rows_is_refused(mixing: Any) -> None:
    made = detector([node("Cast", ["rows"], ["rows32"], to=1), mixing], ["y"])
    for name, array in (("zero0", np.array(0)), ("flat", np.array([-1]))):
        made.graph.initializer.append(tiny.numpy_helper.from_array(array, name))
    with pytest.raises(UnsupportedOpError, match="would mix rows"):
        tiny.load(made)


def test_what_no_output_needs_may_mix_them() -> None:
    tiny.load(detector([node("ReduceMax", ["rows"], ["unread"], axes=[0])]))


def test_scores_and_boxes_must_fit() -> None:
    with pytest.raises(ModelFormatError, match="the boxes are"):
        tiny.load(detector(boxes=BOXES[0]))


def test_wide_rows_are_refused() -> None:
    made = tiny.model([node("Unique", ["x"], ["y"], axis=0)], {"x": RANDOM.standard_normal((3, 99))})
    with pytest.raises(UnsupportedOpError, match="rows of 99 elements"):
        tiny.load(made)
