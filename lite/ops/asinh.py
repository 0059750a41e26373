# SPDX-License-Identifier: Apache-2.0
"""asinh: inverse hyperbolic sine."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Asinh(Unary, name="asinh", quant=Quant.TABLE):
    imports = (Rename("onnx", "Asinh"), Rename("paddle", "asinh"))
    sweep = (-50.0, 50.0)

    def function(self, x):
        return np.arcsinh(x)
