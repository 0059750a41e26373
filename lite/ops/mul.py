# SPDX-License-Identifier: Apache-2.0
"""mul: a * b."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._binary import Binary


class Mul(Binary, name="mul", quant=Quant.KERNEL):
    imports = (Rename("onnx", "Mul"),)

    def function(self, a, b):
        return np.multiply(a, b)
