# SPDX-License-Identifier: Apache-2.0
"""prelu: y = x if x >= 0 else slope * x, the slope being broadcast to x."""

from __future__ import annotations

import numpy as np

from lite.errors import ShapeError
from lite.ir import DType, Op, Rename, TensorType
from lite.ops._broadcast import FLOATS, SIGNED, broadcast, check_dtype, check_same_dtype


class Prelu(Op, name="prelu"):
    imports = (Rename("onnx", "PRelu"), Rename("tflite", "PRELU"))
    ulps = 0.5
    range_ulps = 0.0

    def infer(self, x: TensorType, slope: TensorType) -> TensorType:
        check_dtype("x", x, FLOATS + SIGNED)
        check_same_dtype(x, slope)
        if broadcast(x.shape, slope.shape) != x.shape:
            raise ShapeError(f"slope of shape {list(slope.shape)} does not broadcast to x of {list(x.shape)}")
        return x

    def reference(self, x, slope):
        with np.errstate(all="ignore"):
            return np.where(x < 0, x * slope, x)

    @classmethod
    def samples(cls):
        for x, slope in (((2, 5, 6, 7), (5, 1, 1)), ((2, 6, 7, 24), (24,)), ((3, 4), (1,)), ((3, 4), ()),
                         ((3, 4, 5), (3, 4, 5)), ((30, 500, 3), (3,))):
            yield cls(), [TensorType(x), TensorType(slope)]
        yield cls(), [np.array([-1, 0, 2, -np.inf, np.inf, np.nan], np.float32), TensorType((6,))]
        for dtype in (DType.F64, DType.F16, *SIGNED):
            yield cls(), [TensorType((3, 4), dtype), TensorType((4,), dtype)]
