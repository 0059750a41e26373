# SPDX-License-Identifier: Apache-2.0
"""sign: -1, 0 or 1; NaN stays NaN."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._broadcast import NUMBERS
from lite.ops._unary import Unary


class Sign(Unary, name="sign", quant=Quant.TABLE):
    imports = (Rename("onnx", "Sign"), Rename("paddle", "sign"), Rename("tflite", "SIGN"))
    dtypes = NUMBERS
    ulps = 0.0

    def function(self, x):
        return np.sign(x)
