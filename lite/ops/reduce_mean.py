# SPDX-License-Identifier: Apache-2.0
"""reduce_mean: mean along axes, NaN of none.

The mean of integers is taken of the sum in 64 bits and truncated towards zero; it is 0 of none.
"""

from __future__ import annotations

import numpy as np

from lite.ops._broadcast import NUMBERS
from lite.ops._integers import truncated_quotient
from lite.ops._reduce import Reduce


class ReduceMean(Reduce, name="reduce_mean"):
    dtypes = NUMBERS

    def function(self, x):
        if x.dtype.kind == "f":
            return np.sum(x, self.axes, keepdims=self.keepdims) / self.folded(x)
        total = np.sum(x, self.axes, np.uint64 if x.dtype.kind == "u" else np.int64, keepdims=self.keepdims)
        return truncated_quotient(np.asarray(total), np.array(self.folded(x), total.dtype))
