# SPDX-License-Identifier: Apache-2.0
"""is_inf: true where x is infinite, of the signs asked for."""

from __future__ import annotations

import numpy as np

from lite.ir import DType, Rename, TensorType
from lite.ops._unary import Unary


class IsInf(Unary, name="is_inf"):
    detect_negative: bool = True
    detect_positive: bool = True
    imports = (Rename("onnx", "IsInf", detect_negative="detect_negative", detect_positive="detect_positive"),
               Rename("paddle", "isinf_v2"))

    def infer(self, x: TensorType) -> TensorType:
        return super().infer(x).with_dtype(DType.BOOL)

    def reference(self, x):
        return (np.isneginf(x) & self.detect_negative) | (np.isposinf(x) & self.detect_positive)

    @classmethod
    def variants(cls):
        yield cls(detect_negative=False)
        yield cls(detect_positive=False)
        yield cls()
