# SPDX-License-Identifier: Apache-2.0
"""acosh: inverse hyperbolic cosine; NaN below 1."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Acosh(Unary, name="acosh", quant=Quant.TABLE):
    imports = (Rename("onnx", "Acosh"), Rename("paddle", "acosh"))
    sweep = (0.5, 50.0)

    def function(self, x):
        return np.arccosh(x)
