# SPDX-License-Identifier: Apache-2.0
"""sub: a - b."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Binary


class Sub(Binary, name="sub"):
    imports = (Rename("onnx", "Sub"),)

    def function(self, a, b):
        return np.subtract(a, b)
