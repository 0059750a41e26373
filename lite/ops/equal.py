# SPDX-License-Identifier: Apache-2.0
"""equal: a == b as bool; false where either is NaN."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Comparison
from lite.ops._broadcast import ANY


class Equal(Comparison, name="equal"):
    imports = (Rename("onnx", "Equal"), Rename("tflite", "EQUAL"))
    dtypes = ANY

    def function(self, a, b):
        return np.equal(a, b)
