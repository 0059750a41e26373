# SPDX-License-Identifier: Apache-2.0
"""space_to_depth: blocks of pixels become channels, in the order (block row, block column, channel)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, Quant, Rename, TensorType
from lite.ir.dim import floor_div
from lite.ir.quant import ACTIVATIONS
from lite.ops._extents import channel_axis, replaced, spatial_axes


class SpaceToDepth(Op, name="space_to_depth", quant=Quant.SAME):
    block: int
    layout: str = "nchw"
    imports = (Rename("onnx", "SpaceToDepth", block="blocksize"),)

    def infer(self, x: TensorType) -> TensorType:
        axes = spatial_axes(x, self.layout)
        for axis in axes:
            extent = x.shape[axis]
            if self.block < 1 or (isinstance(extent, int) and extent % self.block):
                raise ShapeError(f"the extent {extent} of axis {axis} is no multiple of block {self.block}")
        changes = {axis: floor_div(x.shape[axis], self.block) for axis in axes}
        depth = channel_axis(self.layout)
        return x.with_shape(replaced(x.shape, {**changes, depth: x.shape[depth] * self.block**2}))

    def reference(self, x: np.ndarray) -> np.ndarray:
        block = self.block
        y = x if self.layout == "nhwc" else np.moveaxis(x, 1, 3)
        n, h, w, c = y.shape
        y = y.reshape(n, h // block, block, w // block, block, c).transpose(0, 1, 3, 2, 4, 5)
        y = y.reshape(n, h // block, w // block, block**2 * c)
        return np.ascontiguousarray(y if self.layout == "nhwc" else np.moveaxis(y, 3, 1))

    @classmethod
    def samples(cls) -> Iterator[tuple[Op, list[Any]]]:
        yield cls(2), [TensorType((2, 3, 4, 6))]
        yield cls(2, layout="nhwc"), [TensorType((2, 4, 6, 5))]
        yield cls(3, layout="nhwc"), [TensorType((1, 3, 6, 16), DType.U8)]
        for dtype in ACTIVATIONS:
            yield cls(2, layout="nhwc"), [TensorType((2, 4, 6, 5), dtype)]
