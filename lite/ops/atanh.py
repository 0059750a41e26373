# SPDX-License-Identifier: Apache-2.0
"""atanh: inverse hyperbolic tangent; NaN outside [-1, 1]."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Atanh(Unary, name="atanh", quant=Quant.TABLE):
    imports = (Rename("onnx", "Atanh"), Rename("paddle", "atanh"))
    sweep = (-1.05, 1.05)

    def function(self, x):
        return np.arctanh(x)
