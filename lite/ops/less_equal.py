# SPDX-License-Identifier: Apache-2.0
"""less_equal: a <= b as bool; false where either is NaN."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Comparison


class LessEqual(Comparison, name="less_equal"):
    imports = (Rename("onnx", "LessOrEqual"), Rename("tflite", "LESS_EQUAL"))

    def function(self, a, b):
        return np.less_equal(a, b)
