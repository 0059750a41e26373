# SPDX-License-Identifier: Apache-2.0
"""log: natural logarithm; NaN below 0, -inf at 0."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Log(Unary, name="log", quant=Quant.TABLE):
    imports = (Rename("onnx", "Log"), Rename("paddle", "log"), Rename("tflite", "LOG"))
    sweep = (-1.0, 50.0)

    def function(self, x):
        return np.log(x)
