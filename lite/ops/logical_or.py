# SPDX-License-Identifier: Apache-2.0
"""logical_or: or of two bools."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Logical


class LogicalOr(Logical, name="logical_or"):
    imports = (Rename("onnx", "Or"), Rename("paddle", "logical_or", inputs=("X", "Y")),
               Rename("tflite", "LOGICAL_OR"))

    def function(self, a, b):
        return np.logical_or(a, b)
