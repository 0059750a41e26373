# SPDX-License-Identifier: Apache-2.0
"""depth_to_space (pixel shuffle): channels become blocks of pixels.

Channels are (block row, block column, rest) in mode "dcr", (rest, block row, block column) in "crd".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, Quant, TensorType
from lite.ir.dim import floor_div
from lite.ir.quant import ACTIVATIONS
from lite.ops._extents import channel_axis, check_choice, replaced, spatial_axes


class DepthToSpace(Op, name="depth_to_space", quant=Quant.SAME):
    block: int
    mode: str = "dcr"
    layout: str = "nchw"

    def infer(self, x: TensorType) -> TensorType:
        check_choice("mode", self.mode, ("dcr", "crd"))
        rows, columns = spatial_axes(x, self.layout)
        depth = x.shape[channel_axis(self.layout)]
        if self.block < 1 or (isinstance(depth, int) and depth % self.block**2):
            raise ShapeError(f"{depth} channels do not divide into blocks of {self.block} x {self.block}")
        return x.with_shape(replaced(x.shape, {
            rows: x.shape[rows] * self.block, columns: x.shape[columns] * self.block,
            channel_axis(self.layout): floor_div(depth, self.block**2)}))

    def reference(self, x: np.ndarray) -> np.ndarray:
        block = self.block
        y = x if self.layout == "nhwc" else np.moveaxis(x, 1, 3)
        n, h, w, c = y.shape
        if self.mode == "dcr":
            y = y.reshape(n, h, w, block, block, c // block**2).transpose(0, 1, 3, 2, 4, 5)
        else:
            y = y.reshape(n, h, w, c // block**2, block, block).transpose(0, 1, 4, 2, 5, 3)
        y = y.reshape(n, h * block, w * block, c // block**2)
        return np.ascontiguousarray(y if self.layout == "nhwc" else np.moveaxis(y, 3, 1))

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        for mode in ("dcr", "crd"):
            yield cls(2, mode=mode), [TensorType((2, 12, 3, 4))]
            yield cls(2, mode=mode, layout="nhwc"), [TensorType((2, 3, 4, 20))]
        yield cls(3, layout="nhwc"), [TensorType((1, 2, 3, 18), DType.S8)]
        for dtype in ACTIVATIONS:
            yield cls(2, layout="nhwc"), [TensorType((2, 3, 4, 20), dtype)]
