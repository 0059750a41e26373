# SPDX-License-Identifier: Apache-2.0
"""pool2d: the greatest value or the mean of each window of height and width.

Padding never wins a maximum; it counts in a mean, as zeros, only with ``count_include_pad``. The part of
a ``ceil_mode`` window that hangs over the padding counts for nothing. A window without any element of the
input gives the least finite value of the dtype (maximum) or 0 (mean). A NaN may or may not win a maximum.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Extent, Op, TensorType
from lite.ops._extents import SPATIAL_AXES, check_choice, replaced, spatial_axes, window_count


class Pool2d(Op, name="pool2d"):
    kind: str  # max, average
    kernel: tuple[int, ...]
    strides: tuple[int, ...] = (1, 1)
    pads: tuple[Extent, ...] = (0, 0, 0, 0)  # top, left, bottom, right
    dilations: tuple[int, ...] = (1, 1)
    ceil_mode: bool = False
    count_include_pad: bool = False
    layout: str = "nchw"

    def infer(self, x: TensorType) -> TensorType:
        check_choice("kind", self.kind, ("max", "average"))
        axes = spatial_axes(x, self.layout)
        if self.kind == "average" and not x.dtype.is_float:
            raise ShapeError(f"the mean of {x.dtype.value}, expected a float dtype")
        counts = {axis: self._windows(x, axis, side) for side, axis in enumerate(axes)}
        return x.with_shape(replaced(x.shape, counts))

    def _windows(self, x: TensorType, axis: int, side: int) -> Any:
        kernel, stride, dilation = self.kernel[side], self.strides[side], self.dilations[side]
        before, after = self.pads[side], self.pads[side + 2]
        negative = any(isinstance(pad, int) and pad < 0 for pad in (before, after))
        if min(kernel, stride, dilation) < 1 or negative:
            raise ShapeError(f"kernel {self.kernel}, strides {self.strides} and dilations {self.dilations} "
                             f"must be >= 1, pads {self.pads} >= 0")
        window = (kernel - 1) * dilation + 1
        count = window_count(x.shape[axis], window, stride, before, after, self.ceil_mode)
        if isinstance(count, int) and count < 1:
            raise ShapeError(f"a window of {window} does not fit in the extent {x.shape[axis]} of "
                             f"axis {axis} with pads {before} and {after}")
        return count

    def reference(self, x: np.ndarray) -> np.ndarray:
        axes = SPATIAL_AXES[self.layout]
        y = np.moveaxis(x, axes, (-2, -1))
        y = _largest(self, y) if self.kind == "max" else _mean(self, y)
        return np.ascontiguousarray(np.moveaxis(y, (-2, -1), axes))

    def window_sums(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The sum of each window, and what the mean divides it by: [height, width] of the output."""
        axes = SPATIAL_AXES[self.layout]
        total, count = _sums(self, np.moveaxis(x, axes, (-2, -1)))
        return np.ascontiguousarray(np.moveaxis(total, (-2, -1), axes)), count

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        image = TensorType((2, 5, 9, 11))
        yield cls("max", (2, 2), strides=(2, 2)), [TensorType((1, 16, 8, 8))]
        yield cls("max", (3, 3), strides=(2, 2), pads=(1, 1, 1, 1)), [image]
        yield cls("max", (3, 2), pads=(1, 0, 2, 1), dilations=(2, 3)), [image]
        yield cls("max", (3, 3), strides=(2, 2), ceil_mode=True, layout="nhwc"), [TensorType((1, 14, 14, 37))]
        yield cls("max", (1, 1), strides=(2, 2), layout="nhwc"), [TensorType((1, 5, 6, 3))]
        yield cls("max", (2, 3), pads=(1, 2, 1, 2), layout="nhwc"), [TensorType((2, 6, 7, 19), DType.U8)]
        yield cls("max", (3, 3), strides=(2, 1), layout="nhwc"), [TensorType((1, 7, 6, 70), DType.S8)]
        yield cls("max", (2, 2), strides=(2, 2), layout="nhwc"), [TensorType((1, 6, 6, 144), DType.S8)]
        yield cls("max", (2, 2), pads=(3, 0, 0, 1), layout="nhwc"), [TensorType((1, 4, 5, 37), DType.S16)]
        yield cls("average", (2, 2), strides=(2, 2)), [TensorType((1, 16, 8, 8))]
        yield cls("average", (3, 3), pads=(1, 1, 1, 1)), [image]
        yield cls("average", (3, 3), pads=(1, 1, 1, 1), count_include_pad=True), [image]
        for include in (False, True):
            yield cls("average", (3, 3), strides=(2, 2), pads=(1, 0, 0, 1), ceil_mode=True,
                      count_include_pad=include, layout="nhwc"), [TensorType((2, 10, 8, 33))]
        yield cls("average", (2, 2), dilations=(3, 2), layout="nhwc"), [TensorType((1, 9, 9, 17))]
        yield cls("average", (2, 2), pads=(3, 3, 3, 3), layout="nhwc"), [TensorType((1, 2, 2, 5))]
        yield cls("max", (2, 2), pads=(3, 0, 0, 3), layout="nhwc"), [TensorType((1, 2, 3, 5))]
        yield cls("average", (7, 7), layout="nhwc"), [TensorType((1, 7, 7, 64))]


def _positions(op: Pool2d, side: int, extent: int) -> np.ndarray:
    """Where the windows look along one side: [windows, kernel], before 0 and past the end in padding."""
    window = (op.kernel[side] - 1) * op.dilations[side] + 1
    count = window_count(extent, window, op.strides[side], op.pads[side], op.pads[side + 2], op.ceil_mode)
    starts = np.arange(int(count)) * op.strides[side] - int(op.pads[side])
    return starts[:, None] + np.arange(op.kernel[side]) * op.dilations[side]


def _taps(op: Pool2d, y: np.ndarray, filler: Any) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each element of the window: what every window sees there, and whether it counts in a mean."""
    rows, columns = (_positions(op, side, y.shape[side - 2]) for side in (0, 1))
    height, width = y.shape[-2:]
    bottom, right = (height + op.pads[2], width + op.pads[3])
    for row in rows.T[:, :, None]:
        for column in columns.T:
            inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            seen = y[..., row.clip(0, height - 1), column.clip(0, width - 1)]
            counts = (row < bottom) & (column < right) if op.count_include_pad else inside
            yield np.where(inside, seen, filler), inside if op.kind == "max" else counts


def _largest(op: Pool2d, y: np.ndarray) -> np.ndarray:
    limits = np.finfo(y.dtype) if y.dtype.kind == "f" else np.iinfo(y.dtype)
    nothing = y.dtype.type(-np.inf if y.dtype.kind == "f" else limits.min)
    result, count = nothing, np.zeros((), np.int64)
    for tap, inside in _taps(op, y, nothing):
        result, count = np.maximum(result, tap), count + inside
    return np.where(count > 0, result, y.dtype.type(limits.min))


def _mean(op: Pool2d, y: np.ndarray) -> np.ndarray:
    total, count = _sums(op, y)
    return np.asarray(total / count.astype(y.dtype))


def _sums(op: Pool2d, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each window, and what the mean divides it by, at least 1."""
    total, count = np.zeros((), y.dtype), np.zeros((), np.int64)
    for tap, counts in _taps(op, y, y.dtype.type(0)):
        total, count = total + tap, count + counts
    return np.asarray(total), np.maximum(count, 1)
