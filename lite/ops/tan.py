# SPDX-License-Identifier: Apache-2.0
"""tan: tangent of x in radians."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Tan(Unary, name="tan", quant=Quant.TABLE):
    imports = (Rename("onnx", "Tan"), Rename("paddle", "tan"))
    sweep = (-100.0, 100.0)

    def function(self, x):
        return np.tan(x)
