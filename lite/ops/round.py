# SPDX-License-Identifier: Apache-2.0
"""round: nearest integer, half to even."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Round(Unary, name="round", quant=Quant.TABLE):
    imports = (Rename("onnx", "Round"), Rename("tflite", "ROUND"))
    ulps = 0.0
    sweep = (-12.75, 12.8)

    def function(self, x):
        return np.rint(x)
