# SPDX-License-Identifier: Apache-2.0
"""bitwise_or: or of the bits of two integers."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Bitwise


class BitwiseOr(Bitwise, name="bitwise_or"):
    imports = (Rename("onnx", "BitwiseOr"), Rename("paddle", "bitwise_or", inputs=("X", "Y")))

    def function(self, a, b):
        return np.bitwise_or(a, b)
