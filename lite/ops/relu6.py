# SPDX-License-Identifier: Apache-2.0
"""relu6: y = x clamped to [0, 6]; NaN stays NaN."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Relu6(Unary, name="relu6", quant=Quant.TABLE):
    imports = (Rename("tflite", "RELU6"),)
    ulps = 0.0

    def function(self, x):
        return np.clip(x, 0, 6)
