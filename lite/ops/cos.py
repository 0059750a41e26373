# SPDX-License-Identifier: Apache-2.0
"""cos: cosine of x in radians."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Cos(Unary, name="cos", quant=Quant.TABLE):
    imports = (Rename("onnx", "Cos"), Rename("paddle", "cos"), Rename("tflite", "COS"))
    sweep = (-100.0, 100.0)

    def function(self, x):
        return np.cos(x)
