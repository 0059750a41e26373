# SPDX-License-Identifier: Apache-2.0
"""adaptive_pool2d: pooling to a given height and width.

Output position i of n covers the input from floor(i * extent / n) up to ceil((i + 1) * extent / n).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import Extent, Op, TensorType
from lite.ops._extents import SPATIAL_AXES, check_choice, replaced, spatial_axes


class AdaptivePool2d(Op, name="adaptive_pool2d"):
    kind: str  # max, average
    output: tuple[Extent, ...]  # height, width
    layout: str = "nchw"

    def infer(self, x: TensorType) -> TensorType:
        check_choice("kind", self.kind, ("max", "average"))
        axes = spatial_axes(x, self.layout)
        if self.kind == "average" and not x.dtype.is_float:
            raise ShapeError(f"the mean of {x.dtype.value}, expected a float dtype")
        return x.with_shape(replaced(x.shape, dict(zip(axes, self.output))))

    def reference(self, x: np.ndarray) -> np.ndarray:
        axes = SPATIAL_AXES[self.layout]
        fold = np.max if self.kind == "max" else np.mean
        y = x
        for axis, count in zip(axes, self.output):
            y = np.stack([fold(part, axis=axis) for part in _parts(y, axis, int(count))], axis=axis)
        return np.ascontiguousarray(y, x.dtype)

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls("average", (1, 1)), [TensorType((2, 5, 7, 6))]
        yield cls("average", (3, 4)), [TensorType((2, 5, 7, 6))]
        yield cls("average", (7, 7), layout="nhwc"), [TensorType((1, 14, 10, 37))]
        yield cls("max", (3, 3), layout="nhwc"), [TensorType((1, 8, 7, 20))]
        yield cls("max", (5, 6)), [TensorType((1, 3, 3, 2))]


def _parts(y: np.ndarray, axis: int, count: int) -> Iterator[np.ndarray]:
    extent = y.shape[axis]
    for position in range(count):
        start, end = position * extent // count, -(-(position + 1) * extent // count)
        yield np.take(y, range(start, end), axis=axis)
