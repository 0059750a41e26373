# SPDX-License-Identifier: Apache-2.0
"""exp: e to the power of x."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Exp(Unary, name="exp", quant=Quant.TABLE):
    imports = (Rename("onnx", "Exp"), Rename("paddle", "exp"), Rename("tflite", "EXP"))
    sweep = (-105.0, 90.0)

    def function(self, x):
        return np.exp(x)
