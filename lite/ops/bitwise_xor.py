# SPDX-License-Identifier: Apache-2.0
"""bitwise_xor: exclusive or of the bits of two integers."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Bitwise


class BitwiseXor(Bitwise, name="bitwise_xor"):
    imports = (Rename("onnx", "BitwiseXor"), Rename("paddle", "bitwise_xor", inputs=("X", "Y")),
               Rename("tflite", "BITWISE_XOR"))

    def function(self, a, b):
        return np.bitwise_xor(a, b)
