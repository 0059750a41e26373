# SPDX-License-Identifier: Apache-2.0
"""relu: y = x if x > 0 else 0; NaN stays NaN."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._broadcast import FLOATS, SIGNED
from lite.ops._unary import Unary


class Relu(Unary, name="relu", quant=Quant.TABLE):
    imports = (Rename("onnx", "Relu"), Rename("paddle", "relu"), Rename("tflite", "RELU"))
    dtypes = FLOATS + SIGNED
    ulps = 0.0

    def function(self, x):
        return np.maximum(x, 0)
