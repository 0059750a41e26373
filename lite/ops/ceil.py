# SPDX-License-Identifier: Apache-2.0
"""ceil: least integer >= x."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Ceil(Unary, name="ceil", quant=Quant.TABLE):
    imports = (Rename("onnx", "Ceil"), Rename("paddle", "ceil"), Rename("tflite", "CEIL"))
    ulps = 0.0

    def function(self, x):
        return np.ceil(x)
