# SPDX-License-Identifier: Apache-2.0
"""sigmoid: y = 1 / (1 + exp(-x))."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Sigmoid(Unary, name="sigmoid", quant=Quant.TABLE):
    imports = (Rename("onnx", "Sigmoid"), Rename("paddle", "sigmoid"), Rename("tflite", "LOGISTIC"))
    sweep = (-100.0, 100.0)

    def function(self, x):
        return 1 / (1 + np.exp(-x))
