# SPDX-License-Identifier: Apache-2.0
"""rsqrt: y = 1 / sqrt(x)."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Rsqrt(Unary, name="rsqrt", quant=Quant.TABLE):
    imports = (Rename("paddle", "rsqrt"), Rename("tflite", "RSQRT"))
    sweep = (-1.0, 50.0)

    def function(self, x):
        return 1 / np.sqrt(x)
