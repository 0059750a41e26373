# SPDX-License-Identifier: Apache-2.0
"""bit_shift: the bits of a moved by b places; all are gone when b is the width or more."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Bitwise
from lite.ops._broadcast import UNSIGNED


class BitShift(Bitwise, name="bit_shift"):
    direction: str = "LEFT"
    imports = (Rename("onnx", "BitShift", direction="direction"),)
    dtypes = UNSIGNED

    def function(self, a, b):
        width = a.dtype.itemsize * 8
        places = np.minimum(b, width - 1).astype(a.dtype)
        moved = np.left_shift(a, places) if self.direction == "LEFT" else np.right_shift(a, places)
        return np.where(b < width, moved, 0)

    @classmethod
    def variants(cls):
        yield cls()
        yield cls(direction="RIGHT")
