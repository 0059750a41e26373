# SPDX-License-Identifier: Apache-2.0
"""not_equal: a != b as bool; true where either is NaN."""

from __future__ import annotations

import numpy as np

from lite.ir import Rename
from lite.ops._binary import Comparison
from lite.ops._broadcast import ANY


class NotEqual(Comparison, name="not_equal"):
    imports = (Rename("tflite", "NOT_EQUAL"),)
    dtypes = ANY

    def function(self, a, b):
        return np.not_equal(a, b)
