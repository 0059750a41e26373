# SPDX-License-Identifier: Apache-2.0
"""bit_shift: the bits of a moved by b places; to the right, copies of the sign bit move in.

All bits are gone when b is negative, or the width or more.
"""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Bitwise


class BitShift(Bitwise, name="bit_shift"):
    direction: str = "LEFT"
    imports = (Rename("onnx", "BitShift", direction="direction"),)

    def function(self, a, b):
        width = a.dtype.itemsize * 8
        inside = (b >= 0) & (b < width)
        places = np.where(inside, b, width - 1).astype(a.dtype)
        if self.direction == "RIGHT":
            return np.where(inside | (a < 0), np.right_shift(a, places), 0)
        return np.where(inside, np.left_shift(a, places), 0)

    @classmethod
    def variants(cls):
        yield cls()
        yield cls(direction="RIGHT")
