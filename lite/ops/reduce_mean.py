# SPDX-License-Identifier: Apache-2.0
"""reduce_mean: mean along axes, NaN of none; integers are summed in 64 bits, truncated towards zero, and give 0 of none."""

from __future__ import annotations

import numpy as np

from lite.ops._broadcast import NUMBERS
from lite.ops._integers import truncated_quotient
from lite.ops._reduce import Reduce


class ReduceMean(Reduce, name="reduce_mean"):
    dtypes = NUMBERS

    def function(self, x: np.ndarray) -> np.ndarray:
        if x.dtype.kind == "f":
            return np.sum(x, self.axes, keepdims=self.keepdims) / self.folded(x)
        total = np.sum(x, self.axes, np.uint64 if x.dtype.kind == "u" else np.int64, keepdims=self.keepdims)
        return truncated_quotient(total, np.asarray(self.folded(x), total.dtype))
