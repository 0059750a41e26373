# SPDX-License-Identifier: Apache-2.0
"""greater: a > b as bool; false where either is NaN."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Comparison


class Greater(Comparison, name="greater"):
    imports = (Rename("onnx", "Greater"), Rename("tflite", "GREATER"))

    def function(self, a, b):
        return np.greater(a, b)
