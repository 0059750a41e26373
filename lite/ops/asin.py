# SPDX-License-Identifier: Apache-2.0
"""asin: inverse sine in [-pi/2, pi/2]; NaN outside [-1, 1]."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Asin(Unary, name="asin", quant=Quant.TABLE):
    imports = (Rename("onnx", "Asin"), Rename("paddle", "asin"))
    sweep = (-1.1, 1.1)

    def function(self, x):
        return np.arcsin(x)
