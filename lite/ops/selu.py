# SPDX-License-Identifier: Apache-2.0
"""selu: y = gamma * (x if x > 0 else alpha * (exp(x) - 1))."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Selu(Unary, name="selu", quant=Quant.TABLE):
    alpha: float = 1.6732632423543772
    gamma: float = 1.0507009873554805
    imports = (Rename("onnx", "Selu", alpha="alpha", gamma="gamma"),
               Rename("paddle", "selu", alpha="alpha", gamma="scale"))

    def function(self, x):
        return np.float32(self.gamma) * np.where(x > 0, x, np.float32(self.alpha) * np.expm1(x))

    @classmethod
    def variants(cls):
        yield cls()
        yield cls(alpha=2.0, gamma=3.0)
