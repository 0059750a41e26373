# SPDX-License-Identifier: Apache-2.0
"""reduce_max: greatest along axes, NaN if one is NaN; the least value (-inf) of none."""

from __future__ import annotations

import numpy as np

from lite.ops._broadcast import ANY
from lite.ops._reduce import Reduce, lowest


class ReduceMax(Reduce, name="reduce_max"):
    dtypes = ANY
    range_ulps = 0.0

    def function(self, x):
        return np.max(x, self.axes, keepdims=self.keepdims, initial=lowest(x.dtype))
