# SPDX-License-Identifier: Apache-2.0
"""tanh: hyperbolic tangent."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Tanh(Unary, name="tanh", quant=Quant.TABLE):
    imports = (Rename("onnx", "Tanh"), Rename("paddle", "tanh"), Rename("tflite", "TANH"))
    sweep = (-10.0, 10.0)

    def function(self, x):
        return np.tanh(x)
