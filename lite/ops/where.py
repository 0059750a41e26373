# SPDX-License-Identifier: Apache-2.0
"""where: a where the condition holds, b elsewhere."""

from __future__ import annotations

import numpy as np

from lite.ir import DType, Op, Rename, TensorType
from lite.ops._broadcast import ANY, broadcast, check_dtype, check_same_dtype


class Where(Op, name="where"):
    """All three operands are broadcast; the condition is bool."""

    imports = (Rename("onnx", "Where"), Rename("paddle", "where", inputs=("Condition", "X", "Y")),
               Rename("tflite", "SELECT_V2"))
    range_ulps = 0.0

    def infer(self, condition: TensorType, a: TensorType, b: TensorType) -> TensorType:
        check_dtype("condition", condition, (DType.BOOL,))
        check_dtype("a", a, ANY)
        check_same_dtype(a, b)
        return a.with_shape(broadcast(condition.shape, a.shape, b.shape))

    def reference(self, condition, a, b):
        return np.where(condition, a, b)

    @classmethod
    def samples(cls):
        for shapes in (((3, 5, 7), (3, 5, 7), (3, 5, 7)), ((5, 7001), (5, 7001), ()),
                       ((4, 1), (1, 6), (4, 6)), ((6,), (), ()), ((2, 3, 4), (4,), (3, 1)),
                       ((1,), (2, 3), (2, 3)), ((0, 2), (2,), ())):
            yield cls(), [TensorType(shapes[0], DType.BOOL), TensorType(shapes[1]), TensorType(shapes[2])]
        for dtype in ANY:
            yield cls(), [TensorType((3, 9), DType.BOOL), TensorType((3, 9), dtype), TensorType((9,), dtype)]
