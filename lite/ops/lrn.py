# SPDX-License-Identifier: Apache-2.0
"""lrn: x / (bias + alpha / size * sum of squares of ``size`` neighbouring channels) ^ beta."""

from __future__ import annotations

import numpy as np

from lite.errors import ShapeError
from lite.ir import Op, Rename, TensorType
from lite.ops._broadcast import FLOATS, check_axis, check_dtype


class Lrn(Op, name="lrn"):
    """The window of channel c is c - (size - 1) // 2 .. c + size // 2, cut at the ends."""

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    bias: float = 1.0
    axis: int = 1
    imports = (Rename("onnx", "LRN", size="size", alpha="alpha", beta="beta", bias="bias"),)

    def infer(self, x: TensorType) -> TensorType:
        check_dtype("x", x, FLOATS)
        check_axis(self.axis, x.rank)
        if self.size < 1:
            raise ShapeError(f"size is {self.size}, expected at least 1")
        return x

    def reference(self, x):
        squares = np.moveaxis(x.astype(np.float64) ** 2, self.axis, 0)
        channels, total = len(squares), np.zeros_like(squares)
        for channel in range(channels):
            first = max(0, channel - (self.size - 1) // 2)
            total[channel] = squares[first : channel + self.size // 2 + 1].sum(0)
        alpha, beta, bias = (np.float64(np.float32(v)) for v in (self.alpha, self.beta, self.bias))
        return (x / np.moveaxis(bias + alpha / self.size * total, 0, self.axis) ** beta).astype(x.dtype)

    @classmethod
    def samples(cls):
        yield cls(), [TensorType((2, 21, 5, 7))]
        yield cls(size=3, alpha=0.5, beta=0.5, bias=2.0), [TensorType((2, 21, 5, 7))]
        yield cls(size=4, alpha=0.5, axis=3), [TensorType((2, 5, 7, 33))]
        yield cls(size=5, alpha=0.5, axis=3), [TensorType((2, 5, 7, 3))]
        yield cls(size=1, alpha=1.0, beta=1.0), [TensorType((3, 4))]
