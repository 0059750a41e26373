# SPDX-License-Identifier: Apache-2.0
"""hard_swish: y = x * clamp(x / 6 + 1 / 2, 0, 1)."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class HardSwish(Unary, name="hard_swish", quant=Quant.TABLE):
    imports = (Rename("onnx", "HardSwish"), Rename("tflite", "HARD_SWISH"))
    sweep = (-8.0, 8.0)

    def function(self, x):
        return x * np.clip(x / 6 + 0.5, 0, 1)
