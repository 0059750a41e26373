# SPDX-License-Identifier: Apache-2.0
"""softplus: y = ln(1 + exp(x))."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Softplus(Unary, name="softplus", quant=Quant.TABLE):
    imports = (Rename("onnx", "Softplus"),)
    sweep = (-100.0, 100.0)

    def function(self, x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
