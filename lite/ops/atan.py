# SPDX-License-Identifier: Apache-2.0
"""atan: inverse tangent in [-pi/2, pi/2]."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Atan(Unary, name="atan", quant=Quant.TABLE):
    imports = (Rename("onnx", "Atan"), Rename("paddle", "atan"))
    sweep = (-20.0, 20.0)

    def function(self, x):
        return np.arctan(x)
