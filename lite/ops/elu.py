# SPDX-License-Identifier: Apache-2.0
"""elu: y = x if x > 0 else alpha * (exp(x) - 1)."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Elu(Unary, name="elu", quant=Quant.TABLE):
    alpha: float = 1.0
    imports = (Rename("onnx", "Elu", alpha="alpha"), Rename("paddle", "elu", alpha="alpha"),
               Rename("tflite", "ELU"))

    def function(self, x):
        return np.where(x > 0, x, np.float32(self.alpha) * np.expm1(x))

    @classmethod
    def variants(cls):
        yield cls()
        yield cls(alpha=0.5)
