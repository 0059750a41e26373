# SPDX-License-Identifier: Apache-2.0
"""add: a + b."""

from __future__ import annotations

import numpy as np

from lite.ir import Quant, Rename
from lite.ops._binary import Binary


class Add(Binary, name="add", quant=Quant.KERNEL):
    imports = (Rename("onnx", "Add"),)

    def function(self, a, b):
        return np.add(a, b)
