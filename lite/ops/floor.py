# SPDX-License-Identifier: Apache-2.0
"""floor: greatest integer <= x."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._unary import Unary


class Floor(Unary, name="floor", quant=Quant.TABLE):
    imports = (Rename("onnx", "Floor"), Rename("paddle", "floor"), Rename("tflite", "FLOOR"))
    ulps = 0.0

    def function(self, x):
        return np.floor(x)
