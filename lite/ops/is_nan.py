# SPDX-License-Identifier: Apache-2.0
"""is_nan: true where x is NaN."""

from __future__ import annotations

import numpy as np

from lite.ir import DType, Rename, TensorType
from lite.ops._unary import Unary


class IsNan(Unary, name="is_nan"):
    imports = (Rename("onnx", "IsNaN"), Rename("paddle", "isnan_v2"))

    def infer(self, x: TensorType) -> TensorType:
        return super().infer(x).with_dtype(DType.BOOL)

    def reference(self, x):
        return np.isnan(x)
