# SPDX-License-Identifier: Apache-2.0
"""greater_equal: a >= b as bool; false where either is NaN."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Comparison


class GreaterEqual(Comparison, name="greater_equal"):
    imports = (Rename("onnx", "GreaterOrEqual"), Rename("tflite", "GREATER_EQUAL"))

    def function(self, a, b):
        return np.greater_equal(a, b)
