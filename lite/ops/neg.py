# SPDX-License-Identifier: Apache-2.0
"""neg: y = -x; integers wrap around."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._broadcast import FLOATS, SIGNED
from lite.ops._unary import Unary


class Neg(Unary, name="neg", quant=Quant.TABLE):
    imports = (Rename("onnx", "Neg"), Rename("tflite", "NEG"))
    dtypes = FLOATS + SIGNED
    ulps = 0.0

    def function(self, x):
        return np.negative(x)
