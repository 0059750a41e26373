# SPDX-License-Identifier: Apache-2.0
"""logical_not: true where x is false."""

from __future__ import annotations

from lite.ir import DType, Rename, TensorType
from lite.ops._unary import Unary


class LogicalNot(Unary, name="logical_not"):
    imports = (Rename("onnx", "Not"), Rename("paddle", "logical_not"), Rename("tflite", "LOGICAL_NOT"))
    dtypes = (DType.BOOL,)

    def reference(self, x):
        return ~x

    @classmethod
    def samples(cls):
        for shape in ((3, 37), (), (0, 2), (5, 7001)):
            yield cls(), [TensorType(shape, DType.BOOL)]
