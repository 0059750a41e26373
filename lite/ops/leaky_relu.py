# SPDX-License-Identifier: Apache-2.0
"""leaky_relu: y = x if x >= 0 else alpha * x."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class LeakyRelu(Unary, name="leaky_relu", quant=Quant.TABLE):
    alpha: float = 0.01
    imports = (Rename("onnx", "LeakyRelu", alpha="alpha"), Rename("paddle", "leaky_relu", alpha="alpha"),
               Rename("tflite", "LEAKY_RELU", alpha="alpha"))
    ulps = 0.5

    def function(self, x):
        return np.where(x < 0, np.float32(self.alpha) * x, x)

    @classmethod
    def variants(cls):
        yield cls()
        yield cls(alpha=0.1)
        yield cls(alpha=-2.0)
