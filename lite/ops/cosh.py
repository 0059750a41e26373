# SPDX-License-Identifier: Apache-2.0
"""cosh: hyperbolic cosine."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Cosh(Unary, name="cosh", quant=Quant.TABLE):
    imports = (Rename("onnx", "Cosh"), Rename("paddle", "cosh"))
    sweep = (-95.0, 95.0)

    def function(self, x):
        return np.cosh(x)
