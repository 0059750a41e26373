# SPDX-License-Identifier: Apache-2.0
"""min: the smaller; NaN if either is NaN."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Binary


class Min(Binary, name="min"):
    imports = (Rename("tflite", "MINIMUM"),)

    def function(self, a, b):
        return np.minimum(a, b)
