# SPDX-License-Identifier: Apache-2.0
"""reduce_min: least along axes, NaN if one is NaN; the greatest value (inf) of none."""

from __future__ import annotations

import numpy as np

from lite.ops._broadcast import ANY
from lite.ops._reduce import Reduce, greatest


class ReduceMin(Reduce, name="reduce_min"):
    dtypes = ANY
    range_ulps = 0.0

    def function(self, x):
        return np.min(x, self.axes, keepdims=self.keepdims, initial=greatest(x.dtype))
