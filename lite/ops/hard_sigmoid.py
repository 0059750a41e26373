# SPDX-License-Identifier: Apache-2.0
"""hard_sigmoid: y = alpha * x + beta clamped to [0, 1]."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class HardSigmoid(Unary, name="hard_sigmoid", quant=Quant.TABLE):
    alpha: float = 0.2
    beta: float = 0.5
    imports = (Rename("onnx", "HardSigmoid", alpha="alpha", beta="beta"),
               Rename("paddle", "hard_sigmoid", alpha="slope", beta="offset"))

    ulps = 0.0
    range_ulps = 1.0  # the line cancels near its zero

    def function(self, x):
        return np.clip(np.float32(self.alpha) * x + np.float32(self.beta), 0, 1)

    @classmethod
    def variants(cls):
        yield cls()
        yield cls(alpha=0.5, beta=0.25)
