# SPDX-License-Identifier: Apache-2.0
"""sqrt: square root; NaN below 0."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Sqrt(Unary, name="sqrt", quant=Quant.TABLE):
    imports = (Rename("onnx", "Sqrt"), Rename("paddle", "sqrt"), Rename("tflite", "SQRT"))
    ulps = 0.5
    sweep = (-1.0, 50.0)

    def function(self, x):
        return np.sqrt(x)
