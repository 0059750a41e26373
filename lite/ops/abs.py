# SPDX-License-Identifier: Apache-2.0
"""abs: absolute value; the least integer stays what it is."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._broadcast import NUMBERS
from lite.ops._unary import Unary


class Abs(Unary, name="abs", quant=Quant.TABLE):
    imports = (Rename("onnx", "Abs"), Rename("paddle", "abs"), Rename("tflite", "ABS"))
    dtypes = NUMBERS
    ulps = 0.0

    def function(self, x):
        return np.abs(x)
