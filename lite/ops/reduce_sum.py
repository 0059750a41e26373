# SPDX-License-Identifier: Apache-2.0
"""reduce_sum: sum along axes; 0 of none."""

from __future__ import annotations

import numpy as np

from lite.ops._reduce import Reduce


class ReduceSum(Reduce, name="reduce_sum"):
    def function(self, x):
        return np.sum(x, self.axes, x.dtype, keepdims=self.keepdims)
