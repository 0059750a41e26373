# SPDX-License-Identifier: Apache-2.0
"""less: a < b as bool; false where either is NaN."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Comparison


class Less(Comparison, name="less"):
    imports = (Rename("onnx", "Less"), Rename("tflite", "LESS"))

    def function(self, a, b):
        return np.less(a, b)
