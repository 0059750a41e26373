# SPDX-License-Identifier: Apache-2.0
"""pow: a to the power of b; integers to negative powers are truncated towards zero, and 0 gives 0."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Binary
from lite.ops._integers import integer_power


class Pow(Binary, name="pow"):
    imports = (Rename("tflite", "POW"),)
    ulps = 4.0

    def function(self, a, b):
        return np.power(a, b) if a.dtype.kind == "f" else integer_power(a, b)
