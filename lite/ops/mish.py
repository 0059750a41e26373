# SPDX-License-Identifier: Apache-2.0
"""mish: y = x * tanh(ln(1 + exp(x)))."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Mish(Unary, name="mish", quant=Quant.TABLE):
    imports = (Rename("onnx", "Mish"), Rename("paddle", "mish"))
    sweep = (-100.0, 100.0)

    def function(self, x):
        small = np.exp(-np.abs(x))
        rest = np.where(x > 0, 1 + 2 * small, small * small + 2 * small)
        return x * (rest / (rest + np.where(x > 0, 2 * small * small, 2)))
