# SPDX-License-Identifier: Apache-2.0
"""sinh: hyperbolic sine."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Sinh(Unary, name="sinh", quant=Quant.TABLE):
    imports = (Rename("onnx", "Sinh"), Rename("paddle", "sinh"))
    sweep = (-95.0, 95.0)

    def function(self, x):
        return np.sinh(x)
