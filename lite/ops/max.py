# SPDX-License-Identifier: Apache-2.0
"""max: the greater; NaN if either is NaN."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Binary


class Max(Binary, name="max"):
    imports = (Rename("tflite", "MAXIMUM"),)

    def function(self, a, b):
        return np.maximum(a, b)
