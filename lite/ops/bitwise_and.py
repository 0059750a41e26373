# SPDX-License-Identifier: Apache-2.0
"""bitwise_and: and of the bits of two integers."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Bitwise


class BitwiseAnd(Bitwise, name="bitwise_and"):
    imports = (Rename("onnx", "BitwiseAnd"), Rename("paddle", "bitwise_and", inputs=("X", "Y")))

    def function(self, a, b):
        return np.bitwise_and(a, b)
