# SPDX-License-Identifier: Apache-2.0
"""logical_and: and of two bools."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Logical


class LogicalAnd(Logical, name="logical_and"):
    imports = (Rename("onnx", "And"), Rename("paddle", "logical_and", inputs=("X", "Y")),
               Rename("tflite", "LOGICAL_AND"))

    def function(self, a, b):
        return np.logical_and(a, b)
