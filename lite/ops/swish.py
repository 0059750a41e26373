# SPDX-License-Identifier: Apache-2.0
"""swish: y = x * sigmoid(beta * x); beta 1 is SiLU."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Swish(Unary, name="swish", quant=Quant.TABLE):
    beta: float = 1.0
    imports = (Rename("onnx", "Swish", beta="alpha"), Rename("paddle", "swish", beta="beta"),
               Rename("paddle", "silu"))
    sweep = (-100.0, 100.0)

    def exactness(self) -> tuple[float, float]:
        """The rounding of beta * x is raised to a power: that costs its size in units."""
        return (4.0 if self.beta == 1 else 64.0), 0.0

    def function(self, x):
        scaled = np.float32(self.beta) * x
        positive = 1 / (1 + np.exp(-np.abs(scaled)))
        return x * np.where(scaled < 0, np.exp(-np.abs(scaled)) * positive, positive)

    @classmethod
    def variants(cls):
        yield cls()
        yield cls(beta=1.5)
