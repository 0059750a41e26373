# SPDX-License-Identifier: Apache-2.0
"""bitwise_not: every bit turned around."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._broadcast import INTEGERS
from lite.ops._unary import Unary


class BitwiseNot(Unary, name="bitwise_not"):
    imports = (Rename("onnx", "BitwiseNot"),)
    dtypes = INTEGERS

    def reference(self, x):
        return np.invert(x)

    @classmethod
    def samples(cls):
        for dtype in INTEGERS:
            yield cls(), [cls.sample_of(dtype)]
