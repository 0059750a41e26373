# SPDX-License-Identifier: Apache-2.0
"""logical_xor: exclusive or of two bools."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Logical


class LogicalXor(Logical, name="logical_xor"):
    imports = (Rename("onnx", "Xor"), Rename("paddle", "logical_xor", inputs=("X", "Y")))

    def function(self, a, b):
        return np.logical_xor(a, b)
