# SPDX-License-Identifier: Apache-2.0
"""gelu: y = x * P(X <= x) for a standard normal X, or its approximation by tanh."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._special import expit, normal_cdf
from lite.ops._unary import Unary


class Gelu(Unary, name="gelu", quant=Quant.TABLE):
    approximate: str = "none"
    imports = (Rename("onnx", "Gelu", approximate="approximate"),)
    sweep = (-15.0, 15.0)

    def exactness(self) -> tuple[float, float]:
        """By tanh, the exponent is rounded before it is raised: that costs its size in units."""
        return (8.0 if self.approximate == "none" else 260.0), 0.0

    def function(self, x):
        if self.approximate == "tanh":
            inner = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
            return x * expit(2 * inner)
        return x * normal_cdf(x)

    @classmethod
    def variants(cls):
        yield cls()
        yield cls(approximate="tanh")
