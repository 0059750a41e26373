# SPDX-License-Identifier: Apache-2.0
"""acos: inverse cosine in [0, pi]; NaN outside [-1, 1]."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Acos(Unary, name="acos", quant=Quant.TABLE):
    imports = (Rename("onnx", "Acos"), Rename("paddle", "acos"))
    sweep = (-1.1, 1.1)

    def function(self, x):
        return np.arccos(x)
