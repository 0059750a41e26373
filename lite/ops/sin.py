# SPDX-License-Identifier: Apache-2.0
"""sin: sine of x in radians."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Sin(Unary, name="sin", quant=Quant.TABLE):
    imports = (Rename("onnx", "Sin"), Rename("paddle", "sin"), Rename("tflite", "SIN"))
    sweep = (-100.0, 100.0)

    def function(self, x):
        return np.sin(x)
